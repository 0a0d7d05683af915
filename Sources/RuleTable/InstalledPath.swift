/// A path at which a program that runs in another daemon's units, as a webmail does in PHP's, is installed.
///
/// A `*` stands for a part of one name. What is there is asked of glob(7).
public struct InstalledPath: Sendable, Hashable {
  public let text: String

  init(_ text: String, _ location: SourceLocation) throws(Diagnostic.Failure) {
    self.text = text
    guard text.hasPrefix("/"), text.utf8.allSatisfy({ $0 > 32 && !"?[]{}~\\".utf8.contains($0) }) else {
      throw Diagnostic.Failure(
        Diagnostic(
          location, "‘\(text)’ is no path",
          remedy: "write absolute paths, with * for a part of a name: /var/www/*/program"))
    }
  }
}
