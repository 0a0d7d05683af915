import AuditFiles
import AuditModel
import Glibc
import Platform

/// Reads the seal logs of a tree: whether each seal is whole, and what it says of the files.
struct SealVerifier {
  /// A seal, and where its closing line is.
  struct Found {
    var seal: Seal
    var path: String
    var line: Int
  }

  /// What a seal says of a file.
  struct State {
    var day: Day
    var length: Int
    var head: ChainHash
    var seal: UInt64
    /// When it was sealed.
    var time: UInt64
  }

  private let root: Directory
  private(set) var seals: [Found] = []
  /// Lines about files, over all seals: how much memory `states` takes.
  private(set) var fileCount = 0
  private(set) var hasUnfinished = false
  /// Seals that are not as they were written: what they say of files does not count.
  private var wrong: Set<UInt64> = []

  init(root: Directory) { self.root = root }

  /// Checks the root of each seal, and that each builds on the one before.
  mutating func check(_ report: (VerifyProblem) -> Void) throws(FileError) {
    var open = OpenSeal()
    for day in try SealFiles.days(in: root) {
      let path = SealFiles.directoryName + "/" + SealFiles.fileName(day)
      var number = 0
      try forEachLine(day) { line in
        number += 1
        take(line, path, number, &open, report)
      }
    }
    hasUnfinished = open.files > 0
  }

  private struct OpenSeal {
    var hasher = ChainHasher()
    var files = 0
    var isWrong = false
    var firstLine = 0
  }

  private mutating func take(
    _ line: ArraySlice<UInt8>, _ path: String, _ number: Int, _ open: inout OpenSeal,
    _ report: (VerifyProblem) -> Void
  ) {
    if open.files == 0, !open.isWrong { open.firstLine = number }
    let next = seals.last.map { $0.seal.number + 1 }
    func problem(_ text: String) {
      report(VerifyProblem(path, line: number, text, before: seals.last?.seal.time))
      open.isWrong = true
    }
    switch SealLine(line) {
    case nil:
      problem("is no line of a seal: it was changed or put in")
    case .file(let file, let seal):
      if let next, seal != next, !open.isWrong { problem("is of seal \(seal), where seal \(next) was to come") }
      _ = file
      open.files += 1
      open.hasher.add(line)
      open.hasher.add([10])
    case .closing(let seal):
      close(seal, path, number, &open, next, report)
    }
  }

  private mutating func close(
    _ seal: Seal, _ path: String, _ number: Int, _ open: inout OpenSeal, _ next: UInt64?,
    _ report: (VerifyProblem) -> Void
  ) {
    let last = seals.last?.seal
    func problem(_ text: String) {
      report(VerifyProblem(path, line: number, text, before: last?.time, after: seal.time))
      open.isWrong = true
    }
    open.hasher.add(SealLine.closingHead(seal)[...])
    if let next, seal.number != next {
      problem("is seal \(seal.number), but seal \(next) was to come: seals were removed or put in")
    } else if let last, seal.previous != last.root {
      problem("seal \(seal.number) does not build on the root of seal \(last.number): one of them was changed")
    } else if seal.number == 1, seal.previous != .zero {
      problem("the first seal builds on another one: it was changed")
    }
    if open.hasher.finish() != seal.root {
      problem(
        "the root of seal \(seal.number) does not fit its lines (from line \(open.firstLine) on): one of them was "
          + "changed, removed or put in")
    }
    if open.isWrong { wrong.insert(seal.number) }
    fileCount += open.files
    seals.append(Found(seal: seal, path: path, line: number))
    open = OpenSeal()
  }

  /// What sound seals say of the trails whose share it is, in the order of the seals; `shares` of 1 is all of them.
  func states(share: Int, of shares: Int) throws(FileError) -> [String: [State]] {
    let times = Dictionary(seals.map { ($0.seal.number, $0.seal.time) }) { first, _ in first }
    var states: [String: [State]] = [:]
    for day in try SealFiles.days(in: root) {
      try forEachLine(day) { line in
        guard case .file(let file, let number)? = SealLine(line), !wrong.contains(number), let time = times[number],
          Self.share(of: file.trail, among: shares) == share
        else { return }
        states[file.trail.directory, default: []].append(
          State(day: file.day, length: file.length, head: file.head, seal: number, time: time))
      }
    }
    return states
  }

  /// To which of so many shares a trail belongs.
  static func share(of trail: TrailPath, among shares: Int) -> Int {
    var hash = StableHash()
    hash.combine(trail.directory.utf8)
    return Int(hash.value % UInt64(shares))
  }

  private func forEachLine(_ day: Day, _ body: (ArraySlice<UInt8>) -> Void) throws(FileError) {
    let name = SealFiles.fileName(day)
    guard let directory = try root.directory(SealFiles.directoryName),
      let (file, _) = try directory.file(name, flags: O_RDONLY)
    else { return }
    try LineScanner(file, path: directory.path + "/" + name).forward(from: 0) { line in
      body(line.bytes)
      return true
    }
  }
}
