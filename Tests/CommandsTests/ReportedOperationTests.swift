import ArgumentParser
import AuditFiles
import AuditModel
import AuditOutput
import Bridge
import Configuration
import Correlation
import LogSources
import RuleTable
import Testing

@testable import Commands

@Suite("What a script reports")
struct ReportedOperationTests {
  private static let table = Result {
    try RuleTables.load(directory: "")
  }

  /// The records that the table makes of a line as root's journal has it.
  private func records(_ message: String, identifier: String = ReportedOperation.identifier) throws -> [String] {
    var configuration = Configuration(hostName: "mx.example.org")
    configuration.audit.level = .lowest
    configuration.mailboxes.defaultDomain = "example.org"
    let pipeline = Pipeline(
      table: try Self.table.get(), policy: try CorrelationPolicy(configuration, calendar: .utc),
      rules: configuration.rules)
    let batch = EntryBatch()
    var assembler = TextEntryAssembler(format: .syslog)
    let line = Array("2026-03-03T10:00:00Z mx \(identifier)[7]: \(message)".utf8)
    try #require(line.withUnsafeBytes { assembler.append($0, now: 1_772_560_800, to: batch) } == .entry)
    pipeline.process(batch)
    pipeline.correlator.finish()
    return pipeline.correlator.drainEvents().map { one in
      var line: [UInt8] = []
      RecordEncoder().append(one.event, to: &line)
      return String(decoding: line, as: UTF8.self)
    }
  }

  private func operation(_ kind: EventKind, _ values: [(key: FieldKey, value: String)] = []) -> ReportedOperation {
    ReportedOperation(kind, mailbox: "ann@example.org", caller: "www-data", values: values)
  }

  @Test(
    "each kind that can be reported is recorded with its level's name and who reported it",
    arguments: ReportedOperation.kinds)
  func recordsEachKind(kind: EventKind) throws {
    let records = try records(operation(kind).message)
    #expect(records.count == 1)
    let record = try #require(records.first)
    #expect(record.contains(#""kind":"\#(kind.name)""#))
    #expect(record.contains(#""mailbox":"ann@example.org""#))
    #expect(record.contains(#""actor_name":"www-data""#))
    #expect(record.contains(#""daemon":"mailtrail""#))
  }

  @Test("each key that can be given is in the record", arguments: ReportedOperation.keys)
  func recordsEachKey(key: FieldKey) throws {
    let value =
      switch key {
      case .actor: "delegate"
      case .service: "system"
      case .ip: "2001:db8::7"
      case .port, .count: "4711"
      default: "x \"y\" \\ =} ž"
      }
    let written = key == .actorName ? value + " (www-data)" : value
    let quoted = JSONText.quoted(written)
    let expected = key == .port || key == .count ? "\"\(key.name)\":4711" : "\"\(key.name)\":\(quoted)"
    for record in try records(operation(.accountChanged, [(key, value)]).message) {
      #expect(record.contains(expected))
    }
    #expect(try records(operation(.accountChanged, [(key, value)]).message).count == 1)
  }

  @Test("a value cannot end its string, nor bring keys of its own")
  func isQuoted() throws {
    let hostile = "x\",\"mailbox\":\"bob@example.org\",\"caller\":\"root\",\"y\":\"\n\u{1B}[2J\\"
    let records = try records(operation(.accountChanged, [(.change, hostile), (.actorName, hostile)]).message)
    #expect(records.count == 1)
    #expect(records.first?.contains(#""mailbox":"ann@example.org""#) == true)
    #expect(records.first?.contains(#"(www-data)","#) == true)
    #expect(records.first?.utf8.contains(27) == false)
  }

  // MARK: - As it is typed

  @Test(
    "what a script gives that is no key and value is refused",
    arguments: [
      "ip", "=x", "ips=1", "ip=", "ip=x", "ip=192.0.2.0/24", "port=-1", "count=4294967296", "count=1e3", "count=+1",
      "port=70000",
      "actor=me",
      "service=ftp", "mailbox=bob@example.org", "kind=x", "id=x", "level=10", "rule=x", "daemon=x",
      "change=" + String(repeating: "x", count: 2049), "actor_name=" + String(repeating: "x", count: 257),
    ])
  func refusesWhatIsNoValue(text: String) { #expect(throws: ValidationError.self) { try ReportedValue(text) } }

  @Test(
    "a value may have any text, and more equal signs",
    arguments: ["change=a=b", "reason= ", "ip=192.0.2.7", "count=0", "actor=owner", "service=panel"])
  func takesValues(text: String) throws {
    let value = try ReportedValue(text)
    #expect("\(value.key.name)=\(value.value)" == text)
  }

  @Test(
    "a kind that daemons log, and one that there is not, are refused",
    arguments: ["login.failed", "bridge.gap", "account", "x", ""])
  func refusesOtherKinds(name: String) { #expect(throws: ValidationError.self) { try ReportedKind(name) } }

  @Test("the caller is who called sudo, or who logged in, else root")
  func namesTheCaller() {
    #expect(ReportingUser.uid(real: 33, caller: "1000", login: 1001) == 33)
    #expect(ReportingUser.uid(real: 0, caller: "33", login: 1001) == 33)
    #expect(ReportingUser.uid(real: 0, caller: "no number", login: 1001) == 1001)
    #expect(ReportingUser.uid(real: 0, caller: nil, login: nil) == 0)
    #expect(ReportingUser.loginUID(of: "4294967295") == nil)
    #expect(ReportingUser.loginUID(of: "1000") == 1000)
  }
}
