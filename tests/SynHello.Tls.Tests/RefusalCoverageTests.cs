using System.Reflection;

using SynHello.Wire;

namespace SynHello.Tls.Tests;

public sealed class RefusalCoverageTests
{
    /// <summary>
    /// Causes that the engine never raises itself: whoever judges the chain hands them in with the verdict.
    /// </summary>
    private static readonly TlsErrorCause[] _raisedElsewhere =
    [
        TlsErrorCause.UnknownCertificateAuthority,
        TlsErrorCause.CertificateExpired,
        TlsErrorCause.CertificateRevoked,
        TlsErrorCause.BadCertificateStatus,
        TlsErrorCause.RevocationStatusUnknown,
        TlsErrorCause.CertificateNameMismatch,
        TlsErrorCause.WeakCertificate,
        TlsErrorCause.CertificateRefused,
    ];

    [Fact]
    public void EveryCause_HasATestThatProvokesIt()
    {
        TlsErrorCause[] covered =
        [
            .. typeof(RefusalCoverageTests).Assembly.GetTypes()
                .SelectMany(type => type.GetMethods())
                .SelectMany(method => method.GetCustomAttributes<RefusesAttribute>())
                .Select(refuses => refuses.Cause)
                .Distinct(),
        ];
        Assert.Empty(covered.Intersect(_raisedElsewhere));
        Assert.Empty(Enum.GetValues<TlsErrorCause>().Except(covered).Except(_raisedElsewhere));
    }
}
