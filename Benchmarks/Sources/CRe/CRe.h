// Names the library for linking; CPeers includes what it needs of its headers.
