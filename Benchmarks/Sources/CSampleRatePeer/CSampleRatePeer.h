// Names the library for linking; CAudioPeers includes what it needs of its headers.
