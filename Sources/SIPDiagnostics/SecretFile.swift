import Foundation

/// A file that holds one secret: a password, key or token as its only line. All programs read it in the same way.
///
/// A byte order mark and ends of lines at the end are no part of the secret; blanks around it are refused, for they are
/// nearly always a mistake, and the PBX would only say "wrong password". Nothing that is thrown holds the content.
package struct SecretFile: Sendable {
    /// Why there is no secret; nothing of the file's content is shown.
    package enum Problem: Error, Hashable, Sendable {
        /// There is no such file.
        case missing
        /// This user may not read it.
        case forbidden
        /// It is a folder.
        case folder
        /// The system gave another `errno`.
        case unreadable(Int32)
        /// It holds nothing.
        case empty
        /// It is far too long for a secret.
        case tooLong
        /// It is text in UTF-16, as some editors save it.
        case wideText
        /// It is no text in UTF-8.
        case notText
        /// It holds more than one line.
        case severalLines
        /// A blank stands before or behind the secret.
        case blanks
        /// A control character stands in it.
        case controlCharacters
    }

    /// Who else may read a file.
    package enum Exposure: Hashable, Sendable {
        /// Everybody on this machine.
        case everybody
        /// The group of a file that is this user's own.
        case group
    }

    /// The secret.
    package let text: String
    /// Who else may read it; `nil` when that is nobody it is not meant for.
    package let exposure: Exposure?

    /// Reads the secret of a file.
    package init(path: String) throws(Problem) {
        let file = try Self.contents(of: path)
        self.text = try Self.secret(in: file.bytes)
        self.exposure = file.exposure
    }

    /// The secret in the bytes of a file, or of a variable of the environment.
    package static func secret(in bytes: [UInt8]) throws(Problem) -> String {
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) { throw .wideText }
        var bytes = bytes[...]
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        while bytes.last == 0x0A || bytes.last == 0x0D { bytes = bytes.dropLast() }
        guard let text = String(bytes: bytes, encoding: .utf8) else { throw .notText }
        guard let first = text.unicodeScalars.first, let last = text.unicodeScalars.last else { throw .empty }
        guard !text.unicodeScalars.allSatisfy(\.properties.isWhitespace) else { throw .empty }
        guard !text.utf8.contains(0x0A), !text.utf8.contains(0x0D) else { throw .severalLines }
        guard !first.isBlank, !last.isBlank else { throw .blanks }
        guard text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else { throw .controlCharacters }
        return text
    }

    /// The bytes of a file, and who else may read it.
    package static func contents(
        of path: String,
        limit: Int = 65_536
    ) throws(Problem) -> (bytes: [UInt8], exposure: Exposure?) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.problem(errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.problem(errno) }
        guard status.st_mode & S_IFMT != S_IFDIR else { throw .folder }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while bytes.count <= limit {
            let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.problem(errno) }
            guard count > 0 else { return (bytes, Self.exposure(of: status)) }
            bytes += buffer.prefix(count)
        }
        throw .tooLong
    }

    /// A file of root's that another group may read is how a service gets its secret, and no mistake.
    private static func exposure(of status: stat) -> Exposure? {
        if status.st_mode & S_IROTH != 0 { return .everybody }
        guard status.st_mode & S_IRGRP != 0, status.st_uid == geteuid() else { return nil }
        return status.st_uid == 0 && status.st_gid != 0 ? nil : .group
    }

    private static func problem(_ code: Int32) -> Problem {
        switch code {
        case ENOENT, ENOTDIR: .missing
        case EACCES, EPERM: .forbidden
        case EISDIR: .folder
        default: .unreadable(code)
        }
    }
}

extension SecretFile.Problem: CustomStringConvertible {
    /// What is wrong and what to do, to be said behind the name of the file.
    package var description: String {
        switch self {
        case .missing: "does not exist; create it, with the secret as its only line"
        case .forbidden: "may not be read by this user; change its owner or mode"
        case .folder: "is a folder; name the file in it"
        case .unreadable(let code): "cannot be read: \(String(cString: strerror(code)))"
        case .empty: "is empty; write the secret into it"
        case .tooLong: "is far too long for a secret; is it the right file?"
        case .wideText: "is text in UTF-16; save it as UTF-8, or write it with printf '%s'"
        case .notText: "cannot be read as text"
        case .severalLines: "holds more than one line; the secret must be its only line"
        case .blanks: "has a blank before or behind the secret; remove it"
        case .controlCharacters: "holds a control character; write the secret as one plain line"
        }
    }
}

extension SecretFile.Exposure {
    /// Who that is, and what to do about it.
    package func warning(_ path: String) -> String {
        let who =
            switch self {
            case .everybody: "everybody on this machine"
            case .group: "the group of this file"
            }
        return
            "\(who) may read \(path), which holds a secret: chmod 600 \(path) (640 for a service that reads it by its group)"
    }
}

extension Unicode.Scalar {
    /// White space, or a letter of no width that is pasted as easily.
    fileprivate var isBlank: Bool {
        self.properties.isWhitespace || (0x200B...0x200D).contains(self.value) || self.value == 0xFEFF
    }
}
