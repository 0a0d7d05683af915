import Glibc

/// Follows text logs through rotation: finds the files of each pattern, and those that are made later.
final class TextLogFollower {
  private let sources: [TextLogRequest.Followed]
  private let makeLog: (_ path: String, _ source: TextLogRequest.Followed) -> FollowedLog
  private let watch: LogWatch?
  private var followed: [FollowedLog] = []
  private var watchedDirectories: Set<String> = []
  private var hasUnwatched = false
  private var isDirty = true
  private var lastErrors: [String: String] = [:]
  private var notices: [SourceNotice] = []

  /// What is in disorder, or cannot be watched, is looked at again so often, in microseconds.
  private static let retryInterval: UInt64 = 10_000_000
  /// Without inotify everything is looked at so often.
  private static let pollInterval: UInt64 = 1_000_000

  /// - Parameters:
  ///   - positions: where an earlier reader stopped.
  ///   - since: from when on logs without a position are read, microseconds since 1970.
  ///   - watches: whether it will be waited for more.
  init(
    _ sources: [TextLogRequest.Followed], after positions: [String: TextLogPosition], since: UInt64, watches: Bool,
    makeAssembler: @escaping (TextLogFormat, String, UInt64?) -> TextEntryAssembler
  ) {
    self.sources = sources
    let watch = watches ? LogWatch() : nil
    self.watch = watch
    makeLog = { path, source in
      let position = positions[path]
      let last = position.flatMap { $0.lastTime == 0 ? nil : $0.lastTime }
      var assembler = makeAssembler(source.format, StoredTextLogs.split(path).name, last)
      // What was stopped at is gone on from, however old it is.
      assembler.since = position == nil ? since : 0
      return FollowedLog(
        log: TextLog(path: path, assembler: assembler, isStored: false), pattern: source.path, position: position,
        since: since, watch: watch)
    }
  }

  /// The descriptor that is readable when something may have changed; -1 for none.
  var descriptor: Int32 { watch?.descriptor ?? -1 }

  var logs: [TextLog] { followed.map(\.log) }

  var positions: [String: TextLogPosition] {
    var positions: [String: TextLogPosition] = [:]
    for one in followed { positions[one.log.path] = one.position }
    return positions
  }

  func drainNotices() -> [SourceNotice] {
    defer { notices = [] }
    return notices + followed.flatMap { $0.log.drainNotices() }
  }

  /// How long to wait at most before everything is looked at again, in microseconds.
  var retryTimeout: UInt64 {
    if descriptor < 0 { return Self.pollInterval }
    return hasUnwatched || !lastErrors.isEmpty ? Self.retryInterval : .max
  }

  /// Takes what the watch has reported; whether there may be something to read.
  func takeEvents(isTimeOver: Bool) -> Bool {
    let isNotified = watch?.drain() ?? false
    if isNotified || isTimeOver { isDirty = true }
    return isDirty
  }

  /// Looks for new lines and, after something has changed, for rotated and new files.
  func lookAgain() {
    if watch?.drain() == true { isDirty = true }
    if isDirty {
      isDirty = false
      findLogs()
      var now: [String: String] = [:]
      for one in followed { now[one.log.path] = one.check() }
      for source in sources where !followed.contains(where: { $0.pattern == source.path }) {
        now[source.path] = "no file has a name like this yet"
      }
      report(now)
    }
    for one in followed { one.log.lookAgain() }
  }

  // MARK: Finding

  private func findLogs() {
    hasUnwatched = false
    for source in sources {
      watchDirectory(of: source.path)
      for path in Self.isPattern(source.path) ? Self.matches(source.path) : [source.path]
      where !followed.contains(where: { $0.log.path == path }) {
        let log = makeLog(path, source)
        followed.append(log)
      }
    }
  }

  private func watchDirectory(of path: String) {
    guard let watch else { return }
    let directory = StoredTextLogs.split(path).directory
    if watchedDirectories.contains(directory) { return }
    if !Self.isPattern(directory), watch.watch(directory: directory) {
      watchedDirectories.insert(directory)
    } else {
      hasUnwatched = true
    }
  }

  static func isPattern(_ path: String) -> Bool { path.utf8.contains { "*?[".utf8.contains($0) } }

  /// The files that a pattern names, sorted; without those that rotation put aside.
  private static func matches(_ pattern: String) -> [String] {
    var result = glob_t()
    defer { globfree(&result) }
    guard glob(pattern, 0, nil, &result) == 0 else { return [] }
    let paths = (0..<Int(result.gl_pathc)).compactMap { result.gl_pathv[$0].map { String(cString: $0) } }
    return paths.filter { RotatedName.original(of: StoredTextLogs.split($0).name) == nil }
  }

  /// Says what is in disorder now and was not before, and what is in order again.
  private func report(_ now: [String: String]) {
    for (path, reason) in now.sorted(by: { $0.key < $1.key }) where lastErrors[path] != reason {
      notices.append(SourceNotice(kind: .waiting, subject: path, reason: reason))
    }
    for path in lastErrors.keys.sorted() where now[path] == nil {
      notices.append(SourceNotice(kind: .recovered, subject: path, reason: "it is read again"))
    }
    lastErrors = now
  }
}
