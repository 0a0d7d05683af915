import ArgumentParser
import AuditFiles
import AuditModel
import AuditOutput
import AuditReading
import Bridge
import Configuration
import Glibc
import LogSources
import Platform

/// `mailtrail verify`: whether the trails are as mailtrail wrote them.
struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Check that the trails were not changed.",
    discussion: """
      Each line must be whole and a record of its mailbox and day, ids unique. Where audit.tamper-evidence was on, each \
      record must contain the hash of the one before, and what was sealed must be there; the seals are compared with the \
      system journal, or with that of --directory, --file or --namespace. The exit status is 1 if there is a problem.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable { case short, json }

  @OptionGroup var options: ConfigurationOptions

  @Argument(help: ArgumentHelp("Check the trails of these mailboxes only.", valueName: "mailbox"))
  var mailboxes: [String] = []

  @Option(name: [.customShort("D"), .long], help: "Compare the seals with the journal files of this directory.")
  var directory: [String] = []

  @Option(help: "Compare the seals with this journal file; may be repeated.")
  var file: [String] = []

  @Option(help: "Compare the seals with this journal namespace; may be repeated.")
  var namespace: [String] = []

  @Option(name: [.short, .long], help: "short or json.")
  var output = Format.short

  @Flag(name: [.short, .long], help: "Print problems only.")
  var quiet = false

  func run() throws {
    let configuration = try options.load()
    let root = configuration.audit.directory
    let verifier = try TreeVerifier(root: root)
    var check = TreeVerifier.Options()
    check.firstKept = try configuration.firstKept()
    check.trails = try trails(configuration)
    var notes: [String] = []
    do { check.journal = try journal(of: verifier, root) } catch {
      if !(directory + file + namespace).isEmpty { throw error }
      notes.append("the seals were not compared with the system journal: \(error)")
    }
    let report = try verifier.verify(check) { print(output == .json ? Self.json($0) : Self.text($0, root)) }
    notes += report.notes
    if !quiet { printSummary(report, notes) }
    if report.problems > 0 { throw ExitCode(1) }
  }

  private func trails(_ configuration: Configuration) throws -> [TrailPath]? {
    guard !mailboxes.isEmpty else { return nil }
    let lookup = try MailboxLookup(configuration, try TrailReader(root: configuration.audit.directory))
    return try mailboxes.map { try lookup.subject(of: $0).trail }
  }

  /// What the journal has of this tree's seals; nil when there is nothing to compare.
  private func journal(
    of verifier: TreeVerifier, _ root: String
  ) throws -> (announced: [AnnouncedSeal], oldestEntry: UInt64?)? {
    let seals = try verifier.seals()
    var selection = JournalSelection(namespaces: namespace, directories: directory, files: file)
    selection.localMachine = namespace.isEmpty && directory.isEmpty && file.isEmpty
    guard !seals.isEmpty || !selection.localMachine else { return nil }
    let found = try SealAnnouncement.read(
      JournalRequest(selection: selection), trusting: Set([verifier.owner ?? 0]))
    // A tree that was copied bears another name in the journal: that under which its roots stand there.
    let roots = Set(seals.map(\.root))
    let names = Set(found.announcements.filter { roots.contains($0.seal.root) }.map(\.directory) + [root])
    return (found.announcements.filter { names.contains($0.directory) }.map(\.seal), found.oldestEntry)
  }

  private func printSummary(_ report: VerifyReport, _ notes: [String]) {
    if output == .json {
      var json = JSONText()
      json.add("files", report.files)
      json.add("records", report.records)
      json.add("chained", report.chained)
      json.add("seals", report.seals)
      json.add("announced", report.announced)
      json.add("problems", report.problems)
      json.add("notes", json: JSONText.array(notes))
      print(json.object)
      return
    }
    for note in notes { print("note: " + TerminalText.safe(note.utf8)) }
    let verdict =
      report.problems == 0 ? "no problem" : report.problems == 1 ? "1 problem" : "\(report.problems) problems"
    print(
      "\(report.files) files, \(report.records) records (\(report.chained) chained), \(report.seals) seals "
        + "(\(report.announced) in the system journal): \(verdict)")
  }

  private static func text(_ problem: VerifyProblem, _ root: String) -> String {
    var text = "\(root)/\(problem.path):" + (problem.line.map { "\($0):" } ?? "") + " " + problem.text
    switch (problem.before, problem.after) {
    case (let before?, let after?):
      text += " (between \(LocalClock.text(before, isISO: true)) and \(LocalClock.text(after, isISO: true)))"
    case (let before?, nil): text += " (after \(LocalClock.text(before, isISO: true)))"
    case (nil, let after?): text += " (at \(LocalClock.text(after, isISO: true)))"
    case (nil, nil): break
    }
    return TerminalText.safe(text.utf8)
  }

  private static func json(_ problem: VerifyProblem) -> String {
    var json = JSONText()
    json.add("path", problem.path)
    if let line = problem.line { json.add("line", line) }
    json.add("problem", problem.text)
    if let before = problem.before { json.add("before", before) }
    if let after = problem.after { json.add("after", after) }
    return json.object
  }
}
