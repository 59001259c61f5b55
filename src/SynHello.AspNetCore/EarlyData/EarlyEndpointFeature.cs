using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace SynHello.AspNetCore;

/// <summary>
/// Where routing puts the endpoint of a request that may be a replay. One that has not opted in does not get there: it could run at once
/// (ShortCircuit), in front of whoever would refuse it.
/// </summary>
internal sealed class EarlyEndpointFeature(bool allowsByDefault) : IEndpointFeature
{
    private Endpoint? _endpoint;

    public Endpoint? Endpoint
    {
        get => _endpoint;
        set => _endpoint = value is null || EarlyDataRules.IsAllowed(value, allowsByDefault) ? value : EarlyDataRules.TooEarlyEndpoint;
    }
}
