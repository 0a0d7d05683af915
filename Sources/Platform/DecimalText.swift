/// Numbers without sign as people write them: digits, perhaps a fraction.
package enum DecimalText {
  /// A whole number of digits only.
  package static func number(_ text: some StringProtocol) -> Int? {
    text.utf8.allSatisfy { $0 >= 48 && $0 <= 57 } ? Int(text) : nil
  }

  /// A number, perhaps with a fraction, times a factor; what is below one is cut, not rounded. Nil when it is too large.
  package static func scaled(_ text: some StringProtocol, by factor: UInt64) -> UInt64? {
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first, let whole = number(first) else { return nil }
    let (product, overflow) = UInt64(whole).multipliedReportingOverflow(by: factor)
    guard !overflow else { return nil }
    guard parts.count == 2 else { return product }
    guard number(parts[1]) != nil, parts[1].utf8.count <= 18 else { return nil }
    var fraction: UInt64 = 0
    var digitValue = factor
    for digit in parts[1].utf8 {
      fraction += digitValue * UInt64(digit - 48) / 10
      digitValue /= 10
    }
    let (sum, carried) = product.addingReportingOverflow(fraction)
    return carried ? nil : sum
  }
}
