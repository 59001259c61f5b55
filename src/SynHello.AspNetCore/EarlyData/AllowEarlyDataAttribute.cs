namespace SynHello.AspNetCore;

/// <summary>
/// Says of an endpoint, or of all of a controller's, that it does no harm when a request runs twice: GET and HEAD may come as early data
/// then, in the client's first flight, and are answered a round trip sooner (RFC 8470). Requests of other methods, or with a body, are
/// sent back with 425 all the same.
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, AllowMultiple = false, Inherited = true)]
public sealed class AllowEarlyDataAttribute : Attribute, IEarlyDataMetadata
{
    /// <summary>True.</summary>
    public bool AllowsEarlyData => true;
}
