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

/// Replays entries in the export format, through a real journal file, and gives the records that come of them, each with
/// the file that it is in as `@file`: a record of `_unknown` may name a mailbox too.
enum TestReplay {
  static let file = "@file"

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
    var files: [String] = []
    let request = SourceRequest(journal: JournalSelection(files: [site + "/capture.journal"]))
    try replay.run(
      request,
      to: .events { told in
        if told.owner != .bridge {
          RecordEncoder().append(told.event, to: &lines)
          files.append(name(of: told.owner))
        }
        return true
      })
    let records = try String(decoding: lines, as: UTF8.self).split(separator: "\n").map { try #require(try object($0)) }
    return zip(records, files).map { $0.merging([file: $1 as NSString]) { $1 } }
  }

  private static func name(of owner: TrailOwner) -> String {
    switch owner {
    case .mailbox(let address): String(decoding: address.bytes, as: UTF8.self)
    case .unknown: "_unknown"
    case .bridge: "_bridge"
    case .panel(let account): "_panel/" + String(decoding: account, as: UTF8.self)
    case .local(let user): "_local/" + String(decoding: user, as: UTF8.self)
    }
  }

  static func object(_ line: some StringProtocol) throws -> [String: NSObject]? {
    try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: NSObject]
  }
}
