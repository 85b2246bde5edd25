// swift-tools-version: 6.2
import PackageDescription

// A package of its own: the peers that it compares with are no business of the library's users.

let common: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    ] + (Context.environment["SVETLANA_WARNINGS_ARE_ERRORS"] != nil ? [.treatAllWarnings(as: .error)] : [])

let package = Package(
    name: "Benchmarks",
    products: [
        .library(name: "MallocCounter", type: .dynamic, targets: ["MallocCounter"])
    ],
    dependencies: [
        .package(name: "svetlana", path: "..")
    ],
    targets: [
        // Measuring and showing, for every family of benchmarks.
        .target(name: "CMeasure"),
        .target(name: "MallocCounter"),
        .target(name: "BenchmarkKit", dependencies: ["CMeasure"], swiftSettings: common),

        // SIP: our own paths, alone for the instruction counts in CI, and beside the peers.
        .target(
            name: "SIPWorkloads",
            dependencies: [
                "BenchmarkKit", "CMeasure",
                .product(name: "CallCore", package: "svetlana"),
                .product(name: "CoreTypes", package: "svetlana"),
                .product(name: "RTPCore", package: "svetlana"),
                .product(name: "SIPCore", package: "svetlana"),
            ],
            swiftSettings: common
        ),
        .executableTarget(
            name: "SIPInstructions",
            dependencies: ["BenchmarkKit", "SIPWorkloads"],
            swiftSettings: common
        ),
        .systemLibrary(name: "CSofia", pkgConfig: "sofia-sip-ua"),
        .systemLibrary(name: "COsip", pkgConfig: "libosip2"),
        .systemLibrary(name: "CRe", pkgConfig: "libre"),
        .target(name: "CPeers", dependencies: ["CSofia", "COsip", "CRe"]),
        .executableTarget(
            name: "SIPBenchmark",
            dependencies: ["BenchmarkKit", "SIPWorkloads", "CPeers", "CMeasure"],
            swiftSettings: common
        ),

        // Codecs and resampling, beside loops in C of our own, and libraries by others.
        .systemLibrary(name: "CSampleRatePeer", pkgConfig: "samplerate"),
        .systemLibrary(name: "CSpeexDSP", pkgConfig: "speexdsp"),
        .systemLibrary(name: "CSpandsp", pkgConfig: "spandsp"),
        .target(name: "CAudioPeers", dependencies: ["CSampleRatePeer", "CSpeexDSP", "CSpandsp"]),
        .target(name: "CCodecs"),
        .executableTarget(
            name: "CodecBenchmark",
            dependencies: [
                "BenchmarkKit", "CAudioPeers", "CCodecs", "CMeasure",
                .product(name: "AudioCore", package: "svetlana"),
                .product(name: "CoreTypes", package: "svetlana"),
                .product(name: "RTPCore", package: "svetlana"),
            ],
            swiftSettings: common
        ),

        // Media: the jitter table, and what concealment is worth.
        .target(
            name: "JitterTraces",
            dependencies: [.product(name: "CoreTypes", package: "svetlana")],
            swiftSettings: common
        ),
        .executableTarget(
            name: "JitterBench",
            dependencies: [
                "BenchmarkKit", "JitterTraces",
                .product(name: "CoreTypes", package: "svetlana"),
                .product(name: "RTPCore", package: "svetlana"),
            ],
            swiftSettings: common
        ),
        .executableTarget(
            name: "ConcealmentDemo",
            dependencies: [
                .product(name: "AudioCore", package: "svetlana"),
                .product(name: "CoreTypes", package: "svetlana"),
                .product(name: "RTPCore", package: "svetlana"),
            ],
            swiftSettings: common
        ),

        // Whole legs over loopback: the telephones, the least that a leg can cost, our legs, and what runs and compares them.
        .executableTarget(name: "MediaLoad"),
        .executableTarget(name: "MediaEcho"),
        .executableTarget(name: "MediaSteps"),
        .executableTarget(
            name: "MediaLegs",
            dependencies: [
                "CMeasure",
                .product(name: "CoreTypes", package: "svetlana"),
                .product(name: "RTPCore", package: "svetlana"),
                .product(name: "Telephony", package: "svetlana"),
            ],
            swiftSettings: common
        ),
        .executableTarget(
            name: "MediaBenchmark",
            dependencies: [
                "BenchmarkKit", "JitterTraces",
                .product(name: "CoreTypes", package: "svetlana"),
                .product(name: "RTPCore", package: "svetlana"),
            ],
            swiftSettings: common
        ),

        // Whole calls over loopback: an agent that answers, and what runs sipp against it and others.
        .executableTarget(
            name: "CallAgent",
            dependencies: [
                .product(name: "CallCore", package: "svetlana"),
                .product(name: "CoreTypes", package: "svetlana"),
                .product(name: "Telephony", package: "svetlana"),
            ],
            swiftSettings: common
        ),
        .executableTarget(name: "CallBenchmark", dependencies: ["BenchmarkKit"], swiftSettings: common),
        .testTarget(name: "JitterTracesTests", dependencies: ["JitterTraces"], swiftSettings: common),
    ]
)
