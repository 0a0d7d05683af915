import CSystemd
import Glibc

/// The files of one journal, listed by us rather than by libsystemd: where it would leave some out (it opens 7,168 at
/// the most, without a word about the others), or where one must be left out.
struct JournalListing: Equatable {
  enum Location: Equatable {
    case directory(String)
    /// This machine's own journal.
    case localMachine
    case namespace(String)
  }

  var location: Location
  /// Paths that are not opened: reading them ended the process again and again.
  var excluded: Set<String> = []
  /// libsystemd opens so many files with one handle.
  var groupSize = JournalListing.libsystemdLimit

  /// `JOURNAL_FILES_MAX` of libsystemd's sd-journal.c, from version 198 to 257.
  static let libsystemdLimit = 7_168

  /// Where journald keeps this machine's journal (systemd-journald.service(8)).
  static let systemDirectories = ["/var/log/journal", "/run/log/journal"]

  /// The paths of all journal files, those that are left out too.
  func allFiles() -> [String] {
    switch location {
    case .directory(let path): (try? JournalDirectory.files(in: path)) ?? []
    case .localMachine: Self.systemFiles("")
    case .namespace(let name): Self.systemFiles("." + name)
    }
  }

  /// What is to be opened.
  func files() -> [String] { allFiles().filter { !excluded.contains($0) } }

  private static func systemFiles(_ suffix: String) -> [String] {
    var machine = sd_id128_t()
    guard sd_id128_get_machine(&machine) >= 0 else { return [] }
    return systemDirectories.flatMap { (try? JournalDirectory.files(in: "\($0)/\(ID128(machine))\(suffix)")) ?? [] }
  }
}

extension JournalOpening {
  /// The same journal, its files listed by us; nil for files that were named one by one.
  var listing: JournalListing? {
    switch self {
    case .localMachine: JournalListing(location: .localMachine)
    case .namespace(let name): JournalListing(location: .namespace(name))
    case .directory(let path): JournalListing(location: .directory(path))
    case .listed(let listing): listing
    case .files: nil
    }
  }
}
