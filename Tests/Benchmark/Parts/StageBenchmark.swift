import AuditFiles
import AuditModel
import AuditWriting
import Bridge
import Configuration
import Correlation
import LogSources
import RuleTable

/// Runs a part of the pipeline over a journal, once and on one thread, so that the difference of two runs is what a
/// part costs: `Tests/Benchmark/run --instructions` counts them under callgrind.
///
/// - read: entries are read and thrown away, as the pipeline's interest keeps them;
/// - keep: read, and the lines of mail daemons are kept in memory;
/// - match: keep, then each line is matched;
/// - join: read, matched and correlated, the events thrown away;
/// - write: join, and the events go into a new tree.
enum StageBenchmark {
  static func run(_ words: [String]) throws {
    guard words.count >= 2 else { throw UsageError("stage needs its name and a directory of journal files") }
    let journal = JournalSelection(directories: [words[1]])
    let configuration = Configuration(hostName: "mx.example.org")
    let table = try RuleCompiler.compile(RuleSets.shipped)
    let pipeline = Pipeline(
      table: table, policy: try CorrelationPolicy(configuration, calendar: .utc), rules: Configuration.Rules())
    pipeline.correlator.noteLogins()
    let entries: Int
    switch words[0] {
    case "read": entries = try read(journal, pipeline.interest) { _ in }
    case "keep", "match":
      var lines = KeptLines(table: table)
      entries = try read(journal, pipeline.interest) { lines.keep($0) }
      if words[0] == "match" { lines.match() }
    case "join":
      entries = try read(journal, pipeline.interest) { batch in
        pipeline.process(batch)
        _ = pipeline.correlator.drainEvents()
        _ = pipeline.correlator.drainLogins()
      }
      pipeline.correlator.finish()
    case "write":
      guard words.count == 3 else { throw UsageError("stage write needs a directory for the tree too") }
      entries = try write(journal, pipeline, to: words[2])
    default: throw UsageError("there is no stage ‘\(words[0])’; use read, keep, match, join or write")
    }
    print(entries)
  }

  /// Reads a journal to its end; the number of its entries.
  private static func read(
    _ journal: JournalSelection, _ interest: any EntryInterest, _ body: (EntryBatch) throws -> Void
  ) throws -> Int {
    let source = try SourceReader(SourceRequest(journal: journal), interest: interest)
    let batch = EntryBatch()
    var count = 0
    while true {
      let outcome = try source.read(into: batch, limit: 1024)
      count += batch.examinedCount
      try body(batch)
      if outcome == .end { return count }
    }
  }

  private static func write(_ journal: JournalSelection, _ pipeline: Pipeline, to directory: String) throws -> Int {
    let tree = try AuditTree(root: directory, mode: .bulk, calendar: .utc)
    tree.skipsPresent = true
    let logins = try LoginTable(root: directory, isDurable: false)
    func append() throws {
      try logins.append(pipeline.correlator.drainLogins(), since: 1)
      for owned in pipeline.correlator.drainEvents() { try tree.append(owned.event, owner: owned.owner) }
    }
    let entries = try read(journal, pipeline.interest) { batch in
      pipeline.process(batch)
      try append()
    }
    pipeline.correlator.finish()
    try append()
    try tree.commit()
    return entries
  }
}

/// The lines of mail daemons and the scopes they are matched in.
private struct KeptLines {
  private let table: CompiledTable
  private var bytes: [UInt8] = []
  private var lines: [(text: Range<Int>, scopes: [Int])] = []
  private var scopes: [[UInt8]: [Int]] = [:]

  init(table: CompiledTable) { self.table = table }

  mutating func keep(_ batch: EntryBatch) {
    for entry in batch.entries {
      let identifier = batch.bytes(of: entry.identifier)
      let found = scopes[identifier] ?? identifier.withUnsafeBytes { table.scopes(ofIdentifier: $0) }
      scopes[identifier] = found
      guard !found.isEmpty else { continue }
      let start = bytes.count
      batch.withBytes(of: entry.message) { bytes += $0 }
      lines.append((start..<bytes.count, found))
    }
  }

  func match() {
    var scratch = MatchScratch()
    bytes.withUnsafeBufferPointer { bytes in
      for line in lines {
        let text = UnsafeBufferPointer(rebasing: bytes[line.text])
        for scope in line.scopes where table.match(scope: scope, text, &scratch) != nil { break }
      }
    }
  }
}
