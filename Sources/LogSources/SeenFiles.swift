/// Which files of a journal have been taken into the reading: a file that is not among them, and holds entries older
/// than the position, has come late (a flush of /run to /var, an upload, a mount).
///
/// Files are known by the id in their header, which a rotation keeps. Bounded by the number of files that are there.
struct SeenFiles {
  private(set) var ids: Set<ID128>

  init(_ ids: some Sequence<ID128> = []) { self.ids = Set(ids) }

  /// Files that went away are forgotten only when they are many: a rename during the listing hides a file for once.
  private static let spare = 256

  /// The files that are not known yet. Empty ones, and those whose header is not written, are asked for again.
  func unknown(of paths: [String]) -> [(path: String, id: ID128)] {
    paths.compactMap { path in
      guard let header = JournalFileHeader(path: path), header.entryCount > 0, !ids.contains(header.fileID) else {
        return nil
      }
      return (path, header.fileID)
    }
  }

  /// The files that are not known yet and have no entries so far.
  func unknownEmpty(of paths: [String]) -> [(path: String, id: ID128)] {
    paths.compactMap { path in
      guard let header = JournalFileHeader(path: path), header.entryCount == 0, !ids.contains(header.fileID) else {
        return nil
      }
      return (path, header.fileID)
    }
  }

  mutating func insert(_ id: ID128) { ids.insert(id) }

  /// Takes all files for known.
  mutating func insertAll(of paths: [String]) { for path in paths { insert(path) } }

  private mutating func insert(_ path: String) {
    if let header = JournalFileHeader(path: path) { ids.insert(header.fileID) }
  }

  /// Gives back the memory of files that are gone.
  mutating func forgetMissing(_ paths: [String]) {
    guard ids.count > paths.count + Self.spare else { return }
    ids.formIntersection(paths.compactMap { JournalFileHeader(path: $0)?.fileID })
  }
}
