import AuditFiles
import AuditModel
import Bridge
import Configuration
import Correlation
import Foundation
import LogSources
import RuleTable
import TestSupport
import Testing

/// Replays entries in the export format, through a real journal file, and gives the records that come of them.
enum TestReplay {
  static func events(
    of export: [UInt8], table: CompiledTable, requiresTrust: Bool = true, trusted: [String] = []
  ) throws -> [[String: NSObject]] {
    let temporary = TemporaryDirectory()
    defer { temporary.remove() }
    let site = temporary.path
    try JournalFile.append(export, to: site + "/capture.journal")
    var configuration = Configuration(hostName: "mx.example.org")
    configuration.audit.level = .lowest
    configuration.mailboxes.defaultDomain = "example.org"
    try configuration.mailboxes.domainAliases.named.add("imap.example.org", of: "example.org")
    configuration.mailboxes.mailHosts = ["198.51.100.1", "198.51.100.2", "198.51.100.3"]
    configuration.mailboxes.webmailHosts += ["198.51.100.4"]
    configuration.rules.requiresTrustedSenders = requiresTrust
    configuration.rules.trustedUsers = trusted
    let replay = try Replay(configuration: configuration, table: table, calendar: .utc)
    var lines: [UInt8] = []
    let request = SourceRequest(journal: JournalSelection(files: [site + "/capture.journal"]))
    try replay.run(
      request,
      to: .events { told in
        if told.owner != .bridge { RecordEncoder().append(told.event, to: &lines) }
        return true
      })
    return try String(decoding: lines, as: UTF8.self).split(separator: "\n").map { try #require(try object($0)) }
  }

  static func object(_ line: some StringProtocol) throws -> [String: NSObject]? {
    try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: NSObject]
  }
}
