// swift-tools-version: 6.2
import PackageDescription

// Built by Scripts/fuzz, which gives the flags that put the fuzzer's counters into every module, the cores included.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let package = Package(
    name: "svetlana-fuzzing",
    dependencies: [.package(name: "svetlana", path: "..")],
    targets: [
        .systemLibrary(name: "CLibFuzzer"),
        .executableTarget(
            name: "Fuzz",
            dependencies: [
                "CLibFuzzer",
                .product(name: "CoreTypes", package: "svetlana"),
                .product(name: "SIPCore", package: "svetlana"),
                .product(name: "SDPCore", package: "svetlana"),
                .product(name: "RTPCore", package: "svetlana"),
            ],
            swiftSettings: settings
        ),
    ]
)
