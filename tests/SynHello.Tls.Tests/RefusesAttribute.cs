using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>
/// Names the causes that a test provokes and asserts; <see cref="RefusalCoverageTests"/> counts them.
/// </summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class RefusesAttribute(TlsErrorCause cause) : Attribute
{
    public TlsErrorCause Cause { get; } = cause;
}
