namespace SynHello.AspNetCore;

/// <summary>What becomes of requests that come as early data.</summary>
public sealed class EarlyDataOptions
{
    /// <summary>
    /// Whether safe requests may run early whose endpoint says nothing of it, or that have no endpoint, such as those for static files. False
    /// by default: each endpoint opts in (<see cref="AllowEarlyDataAttribute"/>). True is for applications that do nothing in a GET that
    /// must not happen twice.
    /// </summary>
    public bool AllowByDefault { get; set; }

    /// <summary>
    /// Whether requests run early whose client may have forged its address. False by default: over a listener that takes data of SYNs without a
    /// cookie (<see cref="Sockets.FastOpenMode.Cookieless"/>) early requests wait for the end of the handshake, which proves the address,
    /// unless the kernel has proof of it by then; it costs them the round trip that early data was to save. True is for applications that
    /// neither decide by an address nor count or log by it (<see cref="ISecureConnectionFeature.IsRemoteAddressProven"/>).
    /// </summary>
    public bool AllowUnprovenAddresses { get; set; }
}
