import CCompression
import Glibc

/// The bytes of a text log, decompressed if need be.
protocol TextLogBytes: AnyObject {
  /// Reads some bytes; 0 at the end, behind which there may be more later.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(JournalError) -> Int
}

/// How a file is compressed, by its first bytes and never by its name.
enum Compression: Sendable {
  case none, gzip, xz, zstd

  /// Throws for a compression that is known and not supported.
  init(firstBytes bytes: [UInt8], of path: String) throws(JournalError) {
    if bytes.starts(with: [0x1f, 0x8b]) {
      self = .gzip
    } else if bytes.starts(with: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]) {
      self = .xz
    } else if bytes.starts(with: [0x28, 0xb5, 0x2f, 0xfd]) {
      self = .zstd
    } else if bytes.starts(with: Array("BZh".utf8)) {
      throw JournalError(
        operation: "cannot read", subject: path, detail: "it is compressed with bzip2",
        remedy: "bzip2 -dc \(path) | mailtrail replay --syslog-file -")
    } else {
      self = .none
    }
  }
}

extension Compression {
  /// What decompresses it, and the Debian package that has that.
  fileprivate var library: (name: String, package: String) {
    switch self {
    case .none, .gzip: ("libz.so.1", "zlib1g")
    case .xz: ("liblzma.so.5", "liblzma5")
    case .zstd: ("libzstd.so.1", "libzstd1")
    }
  }
}

/// The bytes of a descriptor as they are.
final class PlainBytes: TextLogBytes {
  private let descriptor: Int32
  private let path: String
  /// Where to read next; nil for a pipe. Of its own, because a file may be looked at while it is read.
  private var offset: off_t?
  /// Bytes that were read ahead of a pipe, to look at them.
  private var ahead: ArraySlice<UInt8> = []

  /// Of a file. The descriptor stays its owner's.
  init(descriptor: Int32, path: String, offset: UInt64) {
    (self.descriptor, self.path, self.offset) = (descriptor, path, off_t(offset))
  }

  /// Of a pipe.
  init(pipe descriptor: Int32, path: String, ahead: [UInt8] = []) {
    (self.descriptor, self.path, self.ahead) = (descriptor, path, ahead[...])
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(JournalError) -> Int {
    if !ahead.isEmpty {
      let count = min(ahead.count, buffer.count)
      buffer.copyBytes(from: ahead.prefix(count))
      ahead = ahead.dropFirst(count)
      return count
    }
    while true {
      let count =
        offset.map { pread(descriptor, buffer.baseAddress, buffer.count, $0) }
        ?? Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      if count >= 0 {
        offset = offset.map { $0 + off_t(count) }
        return count
      }
      if errno != EINTR { throw JournalError(operation: "cannot read", subject: path, code: errno) }
    }
  }
}

/// The bytes of a compressed file, through zlib, liblzma or libzstd.
///
/// The C streams live at fixed addresses, which their libraries ask for, and are freed with this object; nobody else has
/// them. Each call gives them both buffers anew, each with its own count, and they keep no pointer into the caller's.
final class DecompressedBytes: TextLogBytes {
  private enum Stream {
    case gzip(UnsafeMutablePointer<z_stream>)
    case xz(UnsafeMutablePointer<lzma_stream>)
    case zstd(OpaquePointer)
  }

  private let source: PlainBytes
  private let path: String
  private let stream: Stream
  private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)
  private var start = 0
  private var end = 0
  private var isInputOver = false
  /// Whether a frame was begun and not ended.
  private var isInsideFrame = false
  private var isOver = false

  /// Memory that a file may ask of liblzma: `xz -9` needs 65 MiB.
  private static let memoryLimit: UInt64 = 128 << 20

  init(_ compression: Compression, source: PlainBytes, path: String) throws(JournalError) {
    (self.source, self.path) = (source, path)
    let library = compression.library
    guard mailtrail_has_library(library.name) != 0 else {
      throw JournalError(
        operation: "cannot decompress", subject: path, detail: "there is no \(library.name)",
        remedy: "install \(library.package)")
    }
    switch compression {
    case .gzip, .none:
      let gzip = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
      gzip.initialize(to: z_stream())
      stream = .gzip(gzip)
      if mailtrail_inflate_init_gzip(gzip) != Z_OK { throw Self.noMemory(path) }
    case .xz:
      let xz = UnsafeMutablePointer<lzma_stream>.allocate(capacity: 1)
      xz.initialize(to: mailtrail_lzma_stream())
      stream = .xz(xz)
      if mailtrail_lzma_decoder(xz, Self.memoryLimit) != LZMA_OK { throw Self.noMemory(path) }
    case .zstd:
      guard let zstd = mailtrail_ZSTD_createDCtx() else { throw Self.noMemory(path) }
      stream = .zstd(zstd)
    }
  }

  deinit {
    switch stream {
    case .gzip(let stream):
      _ = mailtrail_inflateEnd(stream)
      stream.deallocate()
    case .xz(let stream):
      mailtrail_lzma_end(stream)
      stream.deallocate()
    case .zstd(let stream): _ = mailtrail_ZSTD_freeDCtx(stream)
    }
    input.deallocate()
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(JournalError) -> Int {
    while !isOver {
      if start == end, !isInputOver {
        start = 0
        end = try source.read(into: input)
        isInputOver = end == 0
      }
      if isInputOver, start == end, !isInsideFrame {
        isOver = true
        return 0
      }
      let before = start
      let count = try step(buffer)
      if count > 0 || isOver { return count }
      if isInputOver, start == before { throw damage("it ends too early") }
    }
    return 0
  }

  private func step(_ buffer: UnsafeMutableRawBufferPointer) throws(JournalError) -> Int {
    switch stream {
    case .gzip(let stream): try inflate(stream, buffer)
    case .xz(let stream): try decode(stream, buffer)
    case .zstd(let stream): try decompress(stream, buffer)
    }
  }

  private func inflate(
    _ stream: UnsafeMutablePointer<z_stream>, _ buffer: UnsafeMutableRawBufferPointer
  ) throws(JournalError) -> Int {
    stream.pointee.next_in = input.baseAddress!.advanced(by: start).assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_in = UInt32(end - start)
    stream.pointee.next_out = buffer.baseAddress!.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = UInt32(buffer.count)
    let result = mailtrail_inflate(stream, Z_NO_FLUSH)
    start = end - Int(stream.pointee.avail_in)
    switch result {
    case Z_OK, Z_BUF_ERROR: isInsideFrame = true
    case Z_STREAM_END:
      // Another member may follow (RFC 1952, 2.2).
      isInsideFrame = false
      _ = mailtrail_inflateReset(stream)
    default: throw damage(stream.pointee.msg.map { String(cString: $0) } ?? "zlib error \(result)")
    }
    return buffer.count - Int(stream.pointee.avail_out)
  }

  private func decode(
    _ stream: UnsafeMutablePointer<lzma_stream>, _ buffer: UnsafeMutableRawBufferPointer
  ) throws(JournalError) -> Int {
    stream.pointee.next_in = UnsafePointer(input.baseAddress!.advanced(by: start).assumingMemoryBound(to: UInt8.self))
    stream.pointee.avail_in = end - start
    stream.pointee.next_out = buffer.baseAddress!.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = buffer.count
    isInsideFrame = true
    let result = mailtrail_lzma_code(stream, isInputOver ? LZMA_FINISH : LZMA_RUN)
    start = end - stream.pointee.avail_in
    switch result {
    case LZMA_OK: break
    case LZMA_STREAM_END:
      isInsideFrame = false
      isOver = true
    case LZMA_BUF_ERROR: if isInputOver { throw damage("it ends too early") }
    case LZMA_MEMLIMIT_ERROR: throw damage("it needs more than \(Self.memoryLimit >> 20) MiB to decompress")
    default: throw damage("liblzma error \(result.rawValue)")
    }
    return buffer.count - stream.pointee.avail_out
  }

  private func decompress(
    _ stream: OpaquePointer, _ buffer: UnsafeMutableRawBufferPointer
  ) throws(JournalError) -> Int {
    var source = ZSTD_inBuffer(src: input.baseAddress, size: end, pos: start)
    var target = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
    let result = mailtrail_ZSTD_decompressStream(stream, &target, &source)
    if mailtrail_ZSTD_isError(result) != 0 { throw damage(String(cString: mailtrail_ZSTD_getErrorName(result))) }
    isInsideFrame = result != 0
    start = source.pos
    return target.pos
  }

  private func damage(_ detail: String) -> JournalError {
    isOver = true
    return JournalError(
      operation: "cannot decompress", subject: path, detail: detail, remedy: "what comes before it was read")
  }

  private static func noMemory(_ path: String) -> JournalError {
    JournalError(operation: "cannot decompress", subject: path, code: ENOMEM)
  }
}
