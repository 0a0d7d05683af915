import Glibc
import Platform

/// What is known of a journal file from its header, before libsystemd opens it.
///
/// libsystemd leaves damaged files of a directory out without a word. Layout: "Journal File Format",
/// systemd.io/JOURNAL_FILE_FORMAT, Header.
enum JournalFile {
  /// Why libsystemd will not read a file.
  enum Defect: Equatable {
    case unreadable(errno: Int32)
    case empty
    case notAJournal
    case truncated(missingBytes: UInt64)
    case unsupportedFeatures(UInt32)

    var description: String {
      switch self {
      case .unreadable(let code): "cannot be read: \(JournalError.message(for: code))"
      case .empty: "empty file"
      case .notAJournal: "not a journal file, or its header is damaged"
      case .truncated(let missing): "truncated: \(missing) bytes missing at the end"
      case .unsupportedFeatures(let flags):
        "written by a newer systemd (incompatible flags 0x\(Hexadecimal.text(UInt64(flags))))"
      }
    }
  }

  private static let signature = Array("LPKSHHRH".utf8)
  private static let smallestHeader = 208
  /// XZ, LZ4, keyed hash, ZSTD and compact: what libsystemd 252 knows.
  private static let knownIncompatibleFlags: UInt32 = 0b1_1111

  /// What is wrong with a file; nil when its header is in order.
  static func defect(ofFileAt path: String) -> Defect? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return .unreadable(errno: errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return .unreadable(errno: errno) }
    guard status.st_mode & S_IFMT == S_IFREG else { return .notAJournal }
    guard status.st_size > 0 else { return .empty }
    return withUnsafeTemporaryAllocation(byteCount: smallestHeader, alignment: 8) { header in
      let count = pread(descriptor, header.baseAddress, header.count, 0)
      guard count >= 0 else { return .unreadable(errno: errno) }
      guard count == header.count, header[..<8].elementsEqual(signature) else { return .notAJournal }
      return defect(inHeader: UnsafeRawBufferPointer(header), fileSize: UInt64(status.st_size))
    }
  }

  private static func defect(inHeader header: UnsafeRawBufferPointer, fileSize: UInt64) -> Defect? {
    let incompatible = UInt32(littleEndian: header.load(fromByteOffset: 12, as: UInt32.self))
    let unknown = incompatible & ~knownIncompatibleFlags
    if unknown != 0 { return .unsupportedFeatures(unknown) }
    let headerSize = UInt64(littleEndian: header.load(fromByteOffset: 88, as: UInt64.self))
    let arenaSize = UInt64(littleEndian: header.load(fromByteOffset: 96, as: UInt64.self))
    let (size, overflow) = headerSize.addingReportingOverflow(arenaSize)
    guard !overflow, headerSize >= UInt64(smallestHeader) else { return .notAJournal }
    return size > fileSize ? .truncated(missingBytes: size - fileSize) : nil
  }
}

/// The journal files below a directory, found as sd_journal_open_directory(3) finds them.
enum JournalDirectory {
  /// The paths of all `*.journal` and `*.journal~` files in a directory and its subdirectories named by a machine id.
  ///
  /// Throws when the directory itself cannot be listed.
  static func files(in directory: String) throws(JournalError) -> [String] {
    let names: [String]
    do { names = try InputFile.names(in: directory) } catch {
      throw JournalError(
        operation: "cannot list the journal directory", subject: directory, code: error.code,
        remedy: error.code == ENOENT ? "check the path" : JournalAccess.remedy)
    }
    var files: [String] = []
    for name in names {
      if isJournal(name) {
        files.append("\(directory)/\(name)")
      } else if ID128(name.filter { $0 != "-" }) != nil, let inner = try? InputFile.names(in: "\(directory)/\(name)") {
        files += inner.filter(isJournal).map { "\(directory)/\(name)/\($0)" }
      }
    }
    return files.sorted()
  }

  private static func isJournal(_ name: String) -> Bool { name.hasSuffix(".journal") || name.hasSuffix(".journal~") }
}

/// Whether the journal may be read at all: without permission libsystemd opens it and shows no entries.
enum JournalAccess {
  static let remedy =
    "give the reader the group systemd-journal: SupplementaryGroups=systemd-journal in the unit, "
    + "or usermod --append --groups systemd-journal USER"

  /// Throws when there are journal files below these directories and not one of them can be read.
  static func check(directories: [String], isReadable: (String) -> Bool = { access($0, R_OK) == 0 })
    throws(JournalError)
  {
    // A directory that is not there is no journal; one that may not be listed hides its files.
    var hidden: String?
    for directory in directories where access(directory, F_OK) == 0 {
      guard let files = try? JournalDirectory.files(in: directory) else {
        hidden = hidden ?? directory
        continue
      }
      if files.contains(where: isReadable) { return }
      hidden = hidden ?? files.first
    }
    guard let hidden else { return }
    throw JournalError(operation: "cannot read the journal", subject: hidden, code: EACCES, remedy: remedy)
  }
}
