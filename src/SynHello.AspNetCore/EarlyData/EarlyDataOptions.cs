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
}
