import Foundation

/// Files and folders that nobody but this user may look into.
enum PrivateFiles {
    /// A file or folder as it is, links not followed.
    struct Status {
        let mode: mode_t
        let owner: uid_t

        var isFolder: Bool { self.mode & S_IFMT == S_IFDIR }
        var isSocket: Bool { self.mode & S_IFMT == S_IFSOCK }
        var isFile: Bool { self.mode & S_IFMT == S_IFREG }
        var isLink: Bool { self.mode & S_IFMT == S_IFLNK }
        /// Whether somebody else than owner and group may read it.
        var isReadableByAll: Bool { self.mode & S_IROTH != 0 }
        /// Whether others may put something into it or take something away.
        var isWritableByOthers: Bool { self.mode & (S_IWGRP | S_IWOTH) != 0 }
        /// Whether in a folder that all may write to each keeps what is theirs, as in /tmp.
        var isSticky: Bool { self.mode & S_ISVTX != 0 }
    }

    /// What is at a path; nil when there is nothing.
    static func status(of path: String, followingLinks: Bool = false) -> Status? {
        var found = stat()
        let result = followingLinks ? stat(path, &found) : lstat(path, &found)
        return result == 0 ? Status(mode: found.st_mode, owner: found.st_uid) : nil
    }

    /// Makes a folder with mode 0700, and those above it as the system likes; one that is there is left as it is.
    static func makeFolder(_ path: String) throws {
        if Self.status(of: path, followingLinks: true)?.isFolder == true { return }
        let parent = (path as NSString).deletingLastPathComponent
        if !parent.isEmpty {
            try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        }
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw PrivateFileError(path: path, code: errno) }
    }

    /// Makes a new file with mode 0600, open for writing; gives its descriptor.
    ///
    /// - Throws: ``PrivateFileError`` when there is a file or a link of that name.
    static func create(_ path: String) throws -> Int32 {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw PrivateFileError(path: path, code: errno) }
        return descriptor
    }
}

/// Why a private file or folder could not be made.
struct PrivateFileError: Error, CustomStringConvertible {
    let path: String
    let code: Int32

    var description: String { "\(self.path): \(String(cString: strerror(self.code)))" }
}
