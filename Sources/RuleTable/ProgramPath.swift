import Glibc

/// The path of a daemon's program, as `_EXE` has it: absolute, below directories that only root can write to.
///
/// A `*` stands for a part of one name (`/usr/sbin/php-fpm*`), or, as the last name, for all below a directory
/// (`/usr/lib/cyrus/*`). `/bin`, `/sbin`, `/usr/bin` and `/usr/sbin` are one, `/lib` is `/usr/lib`: distributions move
/// programs between them, and all are root's.
public struct ProgramPath: Sendable, Hashable {
  /// As it was written.
  public let text: String
  private let front: [UInt8]
  /// Behind the `*`; nil where there is none.
  private let back: [UInt8]?
  private let isInBin: Bool
  /// Whether the `*` stands for all below a directory.
  private let isDirectory: Bool

  init(_ text: String, _ location: SourceLocation) throws(Diagnostic.Failure) {
    self.text = text
    let path = Array(text.utf8)
    let (isInBin, start) = path.withUnsafeBytes(Self.start)
    self.isInBin = isInBin
    let star = path.firstIndex(of: UInt8(ascii: "*"))
    front = Array(path[start..<max(start, star ?? path.count)])
    back = star.map { Array(path[($0 + 1)...]) }
    isDirectory = text.hasSuffix("/*")
    if let problem = Self.problem(text) {
      throw Diagnostic.Failure(Diagnostic(location, "‘\(text)’ \(problem.message)", remedy: problem.remedy))
    }
  }

  public func matches(_ path: UnsafeRawBufferPointer) -> Bool {
    let (isInBin, start) = Self.start(path)
    guard isInBin == self.isInBin else { return false }
    let rest = UnsafeRawBufferPointer(rebasing: path[start...])
    guard let back else { return rest.count == front.count && Self.begins(rest, with: front) }
    guard rest.count > front.count + back.count, Self.begins(rest, with: front) else { return false }
    let end = rest.count - back.count
    guard Self.begins(UnsafeRawBufferPointer(rebasing: rest[end...]), with: back) else { return false }
    return isDirectory || !rest[front.count..<end].contains(UInt8(ascii: "/"))
  }

  // MARK: - Directories that are one

  /// Whether a path is below one of the directories of programs that are one, and where what distinguishes it begins: behind
  /// that directory, or at the `/lib` of `/usr/lib`.
  private static func start(_ path: UnsafeRawBufferPointer) -> (isInBin: Bool, location: Int) {
    let merged = begins(path, with: "/usr/") ? 4 : 0
    let rest = UnsafeRawBufferPointer(rebasing: path[merged...])
    if begins(rest, with: "/bin/") { return (true, merged + 5) }
    if begins(rest, with: "/sbin/") { return (true, merged + 6) }
    return (false, begins(rest, with: "/lib") ? merged : 0)
  }

  private static func begins(_ path: UnsafeRawBufferPointer, with text: StaticString) -> Bool {
    path.count >= text.utf8CodeUnitCount && memcmp(path.baseAddress!, text.utf8Start, text.utf8CodeUnitCount) == 0
  }

  private static func begins(_ path: UnsafeRawBufferPointer, with text: [UInt8]) -> Bool {
    guard path.count >= text.count else { return false }
    return text.withUnsafeBytes { $0.isEmpty || memcmp(path.baseAddress!, $0.baseAddress!, $0.count) == 0 }
  }

  // MARK: - What a table may say

  private static func problem(_ text: String) -> (message: String, remedy: String)? {
    guard text.hasPrefix("/") else {
      return (
        "names no program: any user can give his own that name",
        "write the absolute paths at which packages install it, such as /usr/lib/dovecot/deliver"
      )
    }
    let names = text.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
    guard !names.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) else {
      return ("is not a path as the kernel writes it", "leave out empty names, . and ..")
    }
    guard let star = text.firstIndex(of: "*") else { return nil }
    guard text.lastIndex(of: "*") == star else { return ("has two `*`", "write two paths") }
    let isRoots = ["/usr/", "/opt/", "/bin/", "/sbin/", "/lib"].contains { text[..<star].hasPrefix($0) }
    let directories = text[..<star].split(separator: "/").count - (text[..<star].hasSuffix("/") ? 0 : 1)
    // Of /usr/bin, /usr/lib and /opt too little is known to believe all below them.
    guard isRoots, directories >= (text.hasSuffix("/*") && !text.hasPrefix("/opt/") ? 3 : 2) else {
      return ("leaves open which program it is", "put the `*` below the daemon's own directory, or write the paths")
    }
    return nil
  }
}
