import CLinux
import CoreTypes

/// Which hosts' datagrams a socket takes: the kernel drops the others before they take any room or time of ours.
///
/// Only a relief: who reads has to check all the same, for what came before the filter is still there, and a system without
/// filters, or with too many hosts for one, gives everything.
struct HostFilter {
    /// All datagrams of these are taken.
    var hosts: Set<IPAddress>
    /// Of all other hosts one datagram of so many is taken, by chance; a power of two, or 0 for none.
    var share: UInt32

    /// Puts a filter on a socket, or takes it off for `nil`. Where that is not possible everything is taken: nobody is
    /// preferred then, and nobody shut out.
    static func apply(_ filter: HostFilter?, to descriptor: Int32) {
        guard let filter else { return svetlana_take_all_hosts(descriptor) }
        var v4: [UInt32] = []
        var v6: [UInt32] = []
        for host in filter.hosts {
            switch host {
            case .v4(let value): v4.append(value)
            case .v6(let upper, let lower):
                for half in [upper, lower] {
                    v6.append(UInt32(truncatingIfNeeded: half >> 32))
                    v6.append(UInt32(truncatingIfNeeded: half))
                }
            }
        }
        let status = svetlana_filter_hosts(
            descriptor,
            v4,
            Int32(clamping: v4.count),
            v6,
            Int32(clamping: v6.count / 4),
            filter.share
        )
        if status != 0 { svetlana_take_all_hosts(descriptor) }
    }
}
