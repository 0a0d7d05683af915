import ArgumentParser
import AuditModel
import AuditOutput
import Bridge
import Configuration
import Glibc
import Platform

/// `mailtrail record`: what no log says, from the scripts that know it.
struct RecordCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "record",
    abstract: "Record what was done to an account, for scripts that create, change and delete mailboxes.",
    discussion: """
      Writes the operation to the system journal, where the collector reads it, and waits until the journal has it. Only \
      root's word counts: other users call it with sudo(8), and the record names them.
      """)

  @OptionGroup var options: ConfigurationOptions

  @Argument(help: ArgumentHelp("What was done, as in account.created; mailtrail-record(8) lists the kinds."))
  var kind: String

  @Argument(help: "The mailbox to which it was done.")
  var mailbox: String

  @Argument(
    help: ArgumentHelp("Keys of the record, as in ip=192.0.2.7 or change=\"quota 2G\".", valueName: "key=value"))
  var values: [String] = []

  func run() throws {
    let kind = try ReportedKind(kind).kind
    let values = try values.map { try ReportedValue($0) }
    if let repeated = Self.repeated(values) { throw ValidationError("the key ‘\(repeated.name)’ is given twice") }
    // A caller of sudo(8) or its like must not have root read a file of his choice, and quote it.
    if ReportingUser.isLent, options.path != nil || !options.overrides.isEmpty {
      throw CommandFailure(
        "mailtrail: \(kind.name) was not recorded: --config and --set are not for callers of sudo(8), pkexec(1) or doas"
      )
    }
    let naming = try MailboxNaming(try options.load().mailboxes)
    guard !mailbox.hasPrefix("@"), let address = naming.mailbox(of: AccountName(mailbox.utf8)) else {
      throw ValidationError("‘\(mailbox)’ is no mailbox")
    }
    let name = String(decoding: address.bytes, as: UTF8.self)
    guard geteuid() == 0 else {
      throw CommandFailure(
        "mailtrail: \(kind.name) was not recorded: only root's word counts, as any program can call this one; run it "
          + "with sudo(8)")
    }
    let operation = ReportedOperation(
      kind, mailbox: name, caller: try ReportingUser.name(), values: values.map { ($0.key, $0.value) })
    if let reason = try operation.send(patience: ReportedOperation.patience).failure {
      throw CommandFailure("mailtrail: \(kind.name) of \(name) was not recorded: \(reason)")
    }
  }

  private static func repeated(_ values: [ReportedValue]) -> FieldKey? {
    values.indices.first { index in values[..<index].contains { $0.key == values[index].key } }.map { values[$0].key }
  }
}
