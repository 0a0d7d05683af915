/// The path of a daemon's program, as `_EXE` has it: absolute, below directories that only root can write to.
///
/// A `*` stands for a part of one name (`/usr/sbin/php-fpm*`), or, as the last name, for all below a directory
/// (`/usr/lib/cyrus/*`). `/bin`, `/sbin`, `/usr/bin` and `/usr/sbin` are one, `/lib` is `/usr/lib`: distributions move
/// programs between them, and all are root's.
public struct ProgramPath: Sendable, Hashable {
  /// As it was written.
  public let text: String
  /// The same with the one form of the directories that are one.
  private let form: String

  init(_ text: String, _ place: SourcePlace) throws(Diagnostic.Failure) {
    self.text = text
    form = Self.form(text)
    if let problem = Self.problem(text) {
      throw Diagnostic.Failure(Diagnostic(place, "‘\(text)’ \(problem.message)", remedy: problem.remedy))
    }
  }

  public func matches(_ path: UnsafeRawBufferPointer) -> Bool {
    let (head, tail) = Self.parts(path)
    var form = form
    return form.withUTF8 { form in
      let form = UnsafeRawBufferPointer(form)
      guard let star = form.firstIndex(of: UInt8(ascii: "*")) else {
        return form.count == head.count + tail.count && form.starts(with: head)
          && form.suffix(tail.count).elementsEqual(tail)
      }
      let isLast = star == form.count - 1
      let (front, back) = (form[..<star], form[(star + 1)...])
      // Forms begin with one of the heads, and patterns have more in front of the star than that.
      guard front.starts(with: head), head.count + tail.count > front.count + back.count else { return false }
      let rest = front.dropFirst(head.count)
      guard tail.starts(with: rest), tail.suffix(back.count).elementsEqual(back) else { return false }
      let filled = tail.dropFirst(rest.count).dropLast(back.count)
      return isLast && front.last == UInt8(ascii: "/") || !filled.contains(UInt8(ascii: "/"))
    }
  }

  // MARK: - Directories that are one

  private static let bin = Array("/bin/".utf8)
  private static let binForms = ["/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"].map { Array($0.utf8) }
  private static let lib = Array("/lib".utf8)
  private static let libForms = ["/usr/lib", "/lib"].map { Array($0.utf8) }

  private static func form(_ text: String) -> String {
    let path = Array(text.utf8)
    return path.withUnsafeBytes { bytes in
      let (head, tail) = parts(bytes)
      return String(decoding: head + Array(tail), as: UTF8.self)
    }
  }

  /// The head in its one form, and what is behind it.
  private static func parts(_ path: UnsafeRawBufferPointer) -> (head: [UInt8], tail: Slice<UnsafeRawBufferPointer>) {
    for form in binForms where path.starts(with: form) { return (bin, path.dropFirst(form.count)) }
    for form in libForms where path.starts(with: form) { return (lib, path.dropFirst(form.count)) }
    return ([], path[...])
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
