import Glibc
import Platform

/// The mail system's own configuration files, as far as whoever asks may read them.
///
/// A file that is missing or may not be read says nothing: these files belong to others, and the doctor shows what came
/// of them.
struct SettingFiles {
  /// Empty for `/`.
  let root: String

  init(root: String) { self.root = root.hasSuffix("/") ? String(root.dropLast()) : root }

  /// What is longer is not the file of a person.
  private static let maximumLength = 1 << 20

  /// The lines of a file; nil when it is not there or may not be read.
  func lines(of path: String) -> [Substring]? {
    guard let bytes = try? InputFile.contents(of: root + path, limit: Self.maximumLength, waits: false) else {
      return nil
    }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
  }

  func exist(_ path: String) -> Bool { access(root + path, F_OK) == 0 }

  /// The files of a directory with this ending, in order.
  func names(in path: String, ending: String) -> [String] {
    ((try? InputFile.names(in: root + path)) ?? []).filter { $0.hasSuffix(ending) && !$0.hasPrefix(".") }.sorted()
      .map { path + "/" + $0 }
  }

  /// /etc/mailname: the name that Debian's mail systems put behind a bare one (mailname(5) of Debian policy 11.6).
  var mailName: String? { firstWord(of: "/etc/mailname") }

  /// The first word of a file that is a name alone, in lower case.
  func firstWord(of path: String) -> String? {
    lines(of: path)?.lazy.compactMap { $0.split(whereSeparator: \.isWhitespace).first?.lowercased() }
      .first { !$0.hasPrefix("#") }
  }
}
