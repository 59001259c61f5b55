using System.Net;

namespace SynHello.Sockets.Tests;

/// <summary>What stands in for the system's resolver.</summary>
internal static class Resolvers
{
    /// <summary>A dialer for which every name has the same addresses.</summary>
    public static FastOpenDialer DialerTo(params IPAddress[] addresses) => new(Of(addresses));

    /// <summary>Knows addresses for every name.</summary>
    public static DestinationAddresses.Resolver Of(params IPAddress[] addresses) => (_, family, _) =>
        Task.FromResult(addresses.Where(address => address.AddressFamily == family).ToArray());
}
