/// Numbers identical lines of one second: the first is 0, the next 1.
///
/// Only the seconds near the newest one are remembered. `windowStart` says from where a file has to be read again for this
/// memory to be what it is now.
struct RepeatCounter {
  private struct Bucket {
    var second: Int
    var counts: [UInt64: UInt32]
  }

  private var buckets: [Bucket] = []
  private var newest = Int.min
  /// Where each of the remembered seconds began in each file, oldest first.
  private var starts: [(second: Int, file: Int, offset: UInt64)] = []

  /// Lines of one log are at most so many seconds out of order.
  private static let window = 10
  /// A clock that goes back further was set.
  private static let setBack = 3600

  /// The offset in a file from which on its lines are remembered; nil when none of them is.
  func windowStart(ofFile file: Int) -> UInt64? { starts.first { $0.file == file }?.offset }

  /// The number of lines alike that were counted before.
  ///
  /// - Parameters:
  ///   - hash: of the line with its time.
  ///   - second: of its time.
  ///   - file: a number for the file that it is in.
  ///   - offset: where it begins there.
  mutating func ordinal(of hash: UInt64, second: Int, file: Int, offset: UInt64) -> UInt32 {
    if second > newest || second < newest - Self.setBack { advance(to: second) }
    if starts.last?.second != newest || starts.last?.file != file { starts.append((newest, file, offset)) }
    guard second > newest - Self.window else { return 0 }
    var index = buckets.count - 1
    while index >= 0, buckets[index].second != second { index -= 1 }
    if index < 0 {
      buckets.append(Bucket(second: second, counts: [:]))
      index = buckets.count - 1
    }
    let known = buckets[index].counts[hash, default: 0]
    buckets[index].counts[hash] = known + 1
    return known
  }

  private mutating func advance(to second: Int) {
    if second < newest {
      buckets.removeAll()
      starts.removeAll()
    }
    newest = second
    buckets.removeAll { $0.second <= second - Self.window }
    var outdated = 0
    while outdated < starts.count, starts[outdated].second <= second - Self.window { outdated += 1 }
    starts.removeFirst(outdated)
  }
}

/// A 64-bit hash of lines and of the beginnings of files; stable through versions, because ids and checkpoints hold it.
///
/// Eight bytes at a time, each multiplied to 128 bits and folded, as wyhash (Wang Yi, public domain) mixes.
struct LineHash {
  private var state: UInt64

  init(seed: UInt64 = 0) { state = seed ^ 0xa076_1d64_78bd_642f }

  @inline(__always)
  private static func mix(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let product = left.multipliedFullWidth(by: right)
    return product.high ^ product.low
  }

  mutating func combine(_ value: UInt64) {
    state = Self.mix(state ^ value ^ 0xe703_7ed1_a0b4_28db, 0x8ebc_6af0_9c88_c6e3 ^ (state &>> 32))
  }

  mutating func combine(_ bytes: UnsafeRawBufferPointer) {
    var index = 0
    while index + 8 <= bytes.count {
      combine(bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self).littleEndian)
      index += 8
    }
    var rest: UInt64 = 0
    var shift: UInt64 = 0
    while index < bytes.count {
      rest |= UInt64(bytes[index]) &<< shift
      shift += 8
      index += 1
    }
    // The length goes in too, so that neighbouring parts cannot be divided otherwise.
    combine(rest)
    combine(UInt64(bytes.count))
  }

  var value: UInt64 { Self.mix(state ^ 0x5899_65cc_7537_4cc3, 0x1d8e_4e27_c47d_124f) }

  static func of(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var hash = LineHash()
    hash.combine(bytes)
    return hash.value
  }
}
