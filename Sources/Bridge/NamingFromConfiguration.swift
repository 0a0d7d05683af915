import AuditModel
import Configuration
import Platform

extension MailboxNaming {
  /// How a configuration names mailboxes. Files of domain aliases are read here.
  ///
  /// - Throws: `FileError` when one of the files cannot be read, `DomainAliasFileError` for what a line says.
  package init(_ mailboxes: Configuration.Mailboxes) throws {
    var aliases = mailboxes.domainAliases.named
    for path in mailboxes.domainAliases.files {
      for (index, line) in try InputFile.contents(of: path).split(separator: 10, omittingEmptySubsequences: false)
        .enumerated()
      {
        do { try Self.add(String(decoding: line, as: UTF8.self), to: &aliases) } catch let problem as LineProblem {
          throw DomainAliasFileError(path: path, line: index + 1, text: problem.text)
        }
      }
    }
    // What the configuration says of a domain counts before what the mail system does.
    for alias in mailboxes.localDomains.aliases(of: mailboxes.defaultDomain) {
      aliases.addUnlessNamed(alias, of: mailboxes.defaultDomain)
    }
    self.init(
      defaultDomain: mailboxes.defaultDomain, foldsCase: mailboxes.foldsCase,
      extensionDelimiters: mailboxes.extensionDelimiters, domainAliases: aliases)
  }

  private struct LineProblem: Error { var text: String }

  /// `alias domain`, with or without a colon behind the alias; `#` begins a comment.
  private static func add(_ line: String, to aliases: inout DomainAliases) throws {
    let words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace)
    if words.isEmpty { return }
    let alias = words[0].hasSuffix(":") ? words[0].dropLast() : words[0]
    guard words.count == 2, MailDomain.isValid(alias), MailDomain.isValid(words[1]) else {
      throw LineProblem(text: "no pair of domains; write: mail.example.org example.org")
    }
    do throws(DomainAliases.Problem) { try aliases.add(String(alias), of: String(words[1])) } catch {
      throw LineProblem(text: error.text(of: String(alias), String(words[1])))
    }
  }
}

/// A file of `mailboxes.domain-aliases` with a line that cannot be.
package struct DomainAliasFileError: Error, CustomStringConvertible {
  package var path: String
  package var line: Int
  package var text: String

  package var description: String { "\(path):\(line): \(text)" }
}
