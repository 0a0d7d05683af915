import AuditFiles
import AuditModel
import Glibc
import Platform

/// Checks a tree: its lines, its chains, its seals (`mailtrail verify`). Changes nothing.
package struct TreeVerifier {
  package struct Options: Sendable {
    /// The trails to look at; nil for all.
    package var trails: [TrailPath]?
    /// The first day whose files the retention keeps; nil when it keeps all.
    package var firstKept: Day?
    /// What the system journal has of this tree's seals, and the time of its oldest entry; nil when it was not read.
    package var journal: (announced: [AnnouncedSeal], oldestEntry: UInt64?)?

    package init() {}
  }

  private let root: Directory
  /// Lines of seals that are held at a time, some 40 MB: with more, the seals are read several times.
  private static let maximumStates = 400_000

  /// Opens a tree; throws a `FileError` when it does not exist or is a symbolic link.
  package init(root path: String) throws(FileError) {
    root = try Directory.open(path, create: false, calls: SystemCalls())
  }

  /// The user who owns the tree: the collector's.
  package var owner: UInt32? { root.descriptor.status()?.st_uid }

  /// The seals that the tree has, unchecked.
  package func seals() throws(FileError) -> [Seal] {
    var verifier = SealVerifier(root: root)
    try verifier.check { _ in }
    return verifier.seals.map(\.seal)
  }

  /// Checks everything and hands out the problems as they are found, trail by trail.
  ///
  /// Throws a `FileError` when something cannot be read.
  package func verify(
    _ options: Options, _ report: @escaping (VerifyProblem) -> Void
  ) throws(FileError) -> VerifyReport {
    let count = Counter(report)
    var seals = SealVerifier(root: root)
    try seals.check(count.report)
    var result = VerifyReport()
    result.seals = seals.seals.count
    if seals.hasUnfinished {
      result.notes.append("the last seal is unfinished; the collector cuts it at its next start")
    }
    if let journal = options.journal {
      SealComparison(announced: journal.announced, oldestEntry: journal.oldestEntry)
        .check(seals.seals, &result, count.report)
    }
    let history = try MergeHistory(reader: TrailReader(root: root))
    let trails: [TrailPath]
    if let chosen = options.trails { trails = chosen } else { trails = try TrailListing(root: root).trails() }
    let shares = max(1, (seals.fileCount + Self.maximumStates - 1) / Self.maximumStates)
    for share in 0..<shares {
      var states = try seals.states(share: share, of: shares)
      for trail in trails where SealVerifier.share(of: trail, among: shares) == share {
        let own = try unmoved(states.removeValue(forKey: trail.directory) ?? [], of: trail, history)
        result = try verify(trail, own, history, options.firstKept, result, count)
      }
      if options.trails == nil { try missing(states, history, options.firstKept, count) }
    }
    result.problems = count.problems
    return result
  }

  private func verify(
    _ trail: TrailPath, _ states: [SealVerifier.State], _ history: MergeHistory, _ firstKept: Day?,
    _ result: VerifyReport, _ count: Counter
  ) throws(FileError) -> VerifyReport {
    var walker = TreeWalker(root: root)
    guard let directory = try walker.directory(trail, create: false) else {
      TrailVerifier.checkMissing(states, of: trail, present: [], firstKept: firstKept, count.report)
      return result
    }
    var verifier = try TrailVerifier(
      directory, trail, states, sources: history.sources(of: trail), report: result, count.report)
    try verifier.run(firstKept: firstKept)
    return verifier.report
  }

  /// Trails that were sealed and whose directories are gone.
  private func missing(
    _ states: [String: [SealVerifier.State]], _ history: MergeHistory, _ firstKept: Day?, _ count: Counter
  ) throws(FileError) {
    for (name, states) in states.sorted(by: { $0.key < $1.key }) {
      let names = name.split(separator: "/").map(String.init)
      let trail = TrailPath(parent: names[0], child: names.count == 2 ? names[1] : nil)
      let left = try unmoved(states, of: trail, history)
      TrailVerifier.checkMissing(left, of: trail, present: [], firstKept: firstKept, count.report)
    }
  }

  /// What seals say of a trail but for what stands in other trails now, by the records of `_bridge`: as it was sealed, to
  /// the byte.
  private func unmoved(
    _ states: [SealVerifier.State], of trail: TrailPath, _ history: MergeHistory
  ) throws(FileError) -> [SealVerifier.State] {
    let targets = history.targets(of: trail)
    if targets.isEmpty { return states }
    let moved = MovedLines(root: root)
    var left = states
    for day in Set(states.map(\.day)) {
      for target in targets {
        let ends = try moved.ends(of: trail, on: day, in: target)
        left.removeAll { $0.day == day && ends.contains(.init(length: $0.length, head: $0.head)) }
      }
    }
    return left
  }

  private final class Counter {
    private(set) var problems = 0
    private let report: (VerifyProblem) -> Void

    init(_ report: @escaping (VerifyProblem) -> Void) { self.report = report }

    func report(_ problem: VerifyProblem) {
      problems += 1
      report(problem)
    }
  }
}
