// swift-tools-version: 6.2
// One package, one program: `mailtrail`. The modules and their order are described in .github/ARCHITECTURE.md.
import PackageDescription

// The exact version, so that the same commit gives the same program. The Debian package is built from a copy of it that
// lacks Foundation (packaging/build-deb), which makes the program a third smaller.
let argumentParser: Package.Dependency =
  if let copy = Context.environment["MAILTRAIL_ARGUMENT_PARSER"] {
    .package(path: copy)
  } else {
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2")
  }

let package = Package(
  name: "mailtrail",
  products: [.executable(name: "mailtrail", targets: ["mailtrail"])],
  dependencies: [argumentParser],
  targets: [
    .systemLibrary(name: "CSystemd", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),
    .systemLibrary(name: "CYaml", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .systemLibrary(name: "CCompression", providers: [.apt(["zlib1g-dev", "liblzma-dev", "libzstd-dev"])]),
    .target(name: "CLinux"),
    .target(name: "Platform", dependencies: ["CLinux"]),
    .target(name: "AuditModel"),
    .target(name: "RuleTable", dependencies: ["AuditModel", "EmbeddedRules"], exclude: ["Rules"]),
    .target(name: "EmbeddedRules", path: "Sources/RuleTable/Rules", sources: ["embed.c"]),
    .target(name: "LogSources", dependencies: ["CCompression", "CSystemd", "Platform"]),
    .target(name: "Correlation", dependencies: ["AuditModel", "RuleTable"]),
    .target(name: "CSHA256"),
    .target(name: "AuditFiles", dependencies: ["AuditModel", "CSHA256", "Platform"]),
    .target(name: "AuditReading", dependencies: ["AuditFiles", "AuditModel", "Platform"]),
    .target(name: "AuditWriting", dependencies: ["AuditFiles", "AuditModel", "Platform"]),
    .target(name: "AuditOutput", dependencies: ["AuditFiles", "AuditModel"]),
    .target(name: "Configuration", dependencies: ["AuditModel", "CYaml", "Platform"]),
    .target(
      name: "Bridge",
      dependencies: [
        "AuditModel", "RuleTable", "LogSources", "Correlation", "AuditFiles", "AuditReading", "AuditWriting",
        "Configuration", "CSystemd", "Platform",
      ]),
    .target(name: "Doctor", dependencies: ["Configuration", "LogSources", "Platform"]),
    .target(
      name: "Commands",
      dependencies: [
        "AuditModel", "AuditFiles", "AuditOutput", "AuditReading", "AuditWriting", "Bridge", "Configuration",
        "Correlation", "Doctor",
        "LogSources", "Platform",
        "RuleTable",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .executableTarget(name: "mailtrail", dependencies: ["Commands"]),
    .executableTarget(
      name: "mailtrail-benchmark",
      dependencies: [
        "AuditModel", "AuditFiles", "AuditReading", "AuditWriting", "Bridge", "Configuration", "Correlation",
        "CBenchmarkCounter", "LogSources", "RuleTable",
      ],
      path: "Tests/Benchmark/Parts"),
    .target(name: "CBenchmarkCounter", path: "Tests/Benchmark/Counter"),
    // What the tests have in common.
    .target(name: "TestSupport", path: "Tests/TestSupport"),
    .testTarget(name: "PlatformTests", dependencies: ["Platform"]),
    .testTarget(name: "AuditModelTests", dependencies: ["AuditModel"]),
    .testTarget(name: "RuleTableTests", dependencies: ["RuleTable"]),
    .testTarget(name: "LogSourcesTests", dependencies: ["LogSources", "TestSupport"]),
    .testTarget(name: "CorrelationTests", dependencies: ["Correlation"]),
    .testTarget(
      name: "AuditTreeTests",
      dependencies: ["AuditFiles", "AuditReading", "AuditWriting", "CSHA256", "Platform", "TestSupport"]),
    .testTarget(name: "ConfigurationTests", dependencies: ["Configuration", "TestSupport"]),
    .testTarget(
      name: "BridgeTests",
      dependencies: [
        "AuditModel", "AuditFiles", "AuditReading", "AuditWriting", "Bridge", "Configuration", "Correlation",
        "LogSources", "Platform", "RuleTable", "TestSupport",
      ]),
    .testTarget(
      name: "CommandsTests",
      dependencies: [
        "AuditModel", "AuditFiles", "AuditOutput", "AuditReading", "AuditWriting", "Commands", "Configuration",
        "LogSources",
        "Platform",
        "TestSupport",
      ]),
    .testTarget(name: "DoctorTests", dependencies: ["Configuration", "Doctor", "LogSources", "TestSupport"]),
  ],
  swiftLanguageModes: [.v6]
)

// The fuzzer needs its own flags and libFuzzer's runtime: Tests/Long/fuzz sets the variable.
if Context.environment["MAILTRAIL_FUZZ"] != nil {
  package.targets += [
    .systemLibrary(name: "CFuzzer", path: "Tests/Fuzz/CFuzzer"),
    .executableTarget(
      name: "fuzz",
      dependencies: [
        "AuditModel", "AuditFiles", "AuditReading", "AuditWriting", "Bridge", "CFuzzer", "Configuration", "Correlation",
        "LogSources", "Platform", "RuleTable",
      ], path: "Tests/Fuzz", exclude: ["CFuzzer", "Corpus"]),
  ]
}

// The same strict settings for every target; packaging/test sets the variable, so that a warning fails CI but a newer
// compiler's new warning does not stop an administrator's build.
for target in package.targets where target.type != .system {
  target.swiftSettings = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    // Access to a class's properties is checked as it happens in debug builds, those of the tests; it cost the
    // collector 4 % of its time.
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
  ]
  if Context.environment["MAILTRAIL_WARNINGS_AS_ERRORS"] != nil {
    target.swiftSettings?.append(.treatAllWarnings(as: .error))
  }
}
