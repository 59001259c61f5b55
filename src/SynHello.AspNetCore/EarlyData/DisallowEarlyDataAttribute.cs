namespace SynHello.AspNetCore;

/// <summary>
/// Says of an endpoint that its requests may not come as early data, whatever its group, its controller, those who mapped it, or
/// <see cref="EarlyDataOptions.AllowByDefault"/> say of it.
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, AllowMultiple = false, Inherited = true)]
public sealed class DisallowEarlyDataAttribute : Attribute, IEarlyDataMetadata
{
    /// <summary>False.</summary>
    public bool AllowsEarlyData => false;
}
