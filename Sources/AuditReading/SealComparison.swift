import AuditFiles

/// A seal as the system journal has it.
package struct AnnouncedSeal: Sendable, Hashable {
  package var number: UInt64
  package var root: ChainHash
  package var previous: ChainHash
  /// When journald received it, microseconds since 1970.
  package var time: UInt64

  package init(number: UInt64, root: ChainHash, previous: ChainHash, time: UInt64) {
    self.number = number
    self.root = root
    self.previous = previous
    self.time = time
  }
}

/// Compares the seals of a tree with those that were announced to the system journal, which somebody who can write the
/// tree cannot change.
struct SealComparison {
  /// The announcements of this tree by trusted users, in their order.
  let announced: [AnnouncedSeal]
  /// The time of the oldest entry that the journal still has; nil when it has none.
  let oldestEntry: UInt64?

  /// The collector announces a seal at once.
  private static let delay: UInt64 = 120_000_000

  func check(_ seals: [SealVerifier.Found], _ report: inout VerifyReport, _ problem: (VerifyProblem) -> Void) {
    var unknown = 0
    let start = seals.first?.seal.time ?? .max
    for found in seals {
      let seal = found.seal
      let same = announced.filter { $0.number == seal.number }
      if same.contains(where: { $0.root == seal.root }) {
        report.announced += 1
      } else if let other = same.last(where: { $0.time + Self.delay >= start }) {
        let time = VerifyProblem.text(of: other.time)
        problem(
          VerifyProblem(
            found.path, line: found.line,
            "the root of seal \(seal.number) is not the one that the system journal has since \(time): the seal was "
              + "written anew", after: seal.time))
      } else if let oldestEntry, oldestEntry < seal.time {
        let time = VerifyProblem.text(of: oldestEntry)
        problem(
          VerifyProblem(
            found.path, line: found.line,
            "the system journal goes back to \(time) and has no seal \(seal.number)", after: seal.time))
      } else {
        unknown += 1
      }
    }
    if unknown > 0 {
      report.notes.append("\(unknown) seals are older than the system journal, which says nothing of them")
    }
    checkMissing(seals, start, problem)
  }

  /// Seals that were announced and that the tree has not.
  private func checkMissing(_ seals: [SealVerifier.Found], _ start: UInt64, _ problem: (VerifyProblem) -> Void) {
    let numbers = Set(seals.map(\.seal.number))
    let path = seals.last?.path ?? SealFiles.directoryName
    let missing = announced.filter { !numbers.contains($0.number) && $0.time >= start }
    if let first = missing.first, let last = missing.last {
      problem(
        VerifyProblem(
          path,
          "seal \(first.number) and later ones, up to \(last.number) of \(VerifyProblem.text(of: last.time)), are "
            + "in the system journal but not here: seals were removed", before: seals.last?.seal.time))
    }
    let older = announced.filter { $0.time + Self.delay < start }
    if let last = older.last, seals.first.map({ $0.seal.number == 1 }) ?? true {
      problem(
        VerifyProblem(
          path,
          "the system journal has seals of this directory up to seal \(last.number) of "
            + "\(VerifyProblem.text(of: last.time)), but here they begin anew: the directory was replaced",
          after: seals.first?.seal.time))
    }
  }
}
