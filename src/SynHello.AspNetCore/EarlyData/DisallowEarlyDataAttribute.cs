namespace SynHello.AspNetCore;

/// <summary>
/// Says of an endpoint that its requests may not come as early data, where its group, its controller or
/// <see cref="EarlyDataOptions.AllowByDefault"/> says that they may.
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, AllowMultiple = false, Inherited = true)]
public sealed class DisallowEarlyDataAttribute : Attribute, IEarlyDataMetadata
{
    /// <summary>False.</summary>
    public bool AllowsEarlyData => false;
}
