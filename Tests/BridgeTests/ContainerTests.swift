import Configuration
import RuleTable
import TestSupport
import Testing

@testable import Bridge
@testable import LogSources

/// Lines that a container's runtime writes into the journal.
@Suite struct ContainerTests {
  private static func entry(_ batch: EntryBatch, name: String, command: String, message: String) -> JournalEntry {
    var entry = JournalEntry()
    entry.uid = 0
    entry.isFromContainer = true
    entry.identifier = batch.append(Array(name.utf8))
    entry.containerName = batch.append(Array(name.utf8))
    entry.command = batch.append(Array(command.utf8))
    entry.message = batch.append(Array(message.utf8))
    return entry
  }

  @Test(
    "a named container's line is its daemon's, one layer deep",
    arguments: [
      ("2026-11-02T10:00:00+00:00 mail dovecot: imap-login: x", "dovecot", "imap-login: x"),
      ("Nov  2 10:00:00 mail postfix/smtpd[9]: x", "postfix/smtpd", "x"),
      ("Nov  2 10:00:00 imap-login: Info: x", "dovecot", "imap-login: x"),
      ("Nov  2 10:00:00 imap-login: Info: x\n", "dovecot", "imap-login: x"),
      ("Nov  2 10:00:00 mail postfix/smtpd[9]: x\r\n", "postfix/smtpd", "x"),
      ("Nov  2 10:00:00 mail web[1]: Nov  2 10:00:00 mail dovecot: x", "web", "Nov  2 10:00:00 mail dovecot: x"),
      ("no line of syslog", "mailserver", "no line of syslog"),
    ])
  func inner(message: String, identifier: String, text: String) {
    let batch = EntryBatch()
    var entry = Self.entry(batch, name: "mailserver", command: "dockerd", message: message)
    var rules = Configuration.Rules()
    rules.containers = ["mail*"]
    BelievedContainers(rules).unwrap(&entry, in: batch)
    #expect(entry.isFromBelievedContainer)
    #expect(batch.text(of: entry.identifier) == identifier)
    #expect(batch.text(of: entry.message) == text)
  }

  @Test("a part of a longer line is no line of a daemon") func parts() {
    let batch = EntryBatch()
    var entry = Self.entry(batch, name: "m", command: "dockerd", message: "Nov  2 10:00:00 mail dovecot: x")
    entry.isPartOfLine = true
    var rules = Configuration.Rules()
    rules.containers = ["m"]
    BelievedContainers(rules).unwrap(&entry, in: batch)
    #expect(!entry.isFromBelievedContainer)
  }

  @Test(
    "nobody else's is: another name, another program, another user",
    arguments: [("mailserver", "logger", 0), ("dovecot", "dockerd", 0), ("mailserver", "dockerd", 1000)])
  func others(name: String, command: String, uid: UInt32) {
    let batch = EntryBatch()
    var entry = Self.entry(batch, name: name, command: command, message: "Nov  2 10:00:00 mail dovecot: x")
    entry.uid = uid
    var rules = Configuration.Rules()
    rules.containers = ["mailserver"]
    BelievedContainers(rules).unwrap(&entry, in: batch)
    #expect(!entry.isFromBelievedContainer)
    #expect(batch.text(of: entry.message) == "Nov  2 10:00:00 mail dovecot: x")
  }

  @Test("doctor's survey finds the containers that log as mail daemons") func survey() throws {
    let temporary = TemporaryDirectory()
    defer { temporary.remove() }
    let line =
      "Nov  2 10:00:00 mail dovecot: imap-login: Login: user=<ann>, method=PLAIN, rip=192.0.2.7, mpid=7, session=<x>"
    let entries = [
      ("mailserver", "dockerd", line), ("mailserver", "dockerd", line), ("web", "dockerd", "GET /"),
      ("forged", "logger", line),
    ]
    let export = entries.enumerated().map { index, entry in
      """
      __REALTIME_TIMESTAMP=\(1_800_000_000_000_000 + index)
      __MONOTONIC_TIMESTAMP=\(1000 + index)
      _BOOT_ID=11111111111111111111111111111112
      _UID=0
      _COMM=\(entry.1)
      CONTAINER_NAME=\(entry.0)
      SYSLOG_IDENTIFIER=0123456789ab
      MESSAGE=\(entry.2)


      """
    }.joined()
    let path = temporary.path + "/c.journal"
    try JournalFile.append(Array(export.utf8), to: path)
    var configuration = Configuration(hostName: "mx.example.org")
    let table = try RuleTables.load(directory: "")
    let request = SourceRequest(journal: JournalSelection(files: [path]))
    let found = try SenderSurvey(of: request, configuration, table, seeksContainers: true).containers
    #expect(found.keys.sorted() == ["mailserver"])
    #expect(found["mailserver"]?.count == 2)
    #expect(found["mailserver"]?.identifiers == ["dovecot"])
    #expect(found["mailserver"]?.isBelieved == false)
    configuration.rules.containers = ["mail*"]
    let named = try SenderSurvey(of: request, configuration, table, seeksContainers: true).containers
    #expect(named["mailserver"]?.isBelieved == true)
  }
}
