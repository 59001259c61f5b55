using System.Net.NetworkInformation;

namespace SynHello.Sockets;

/// <summary>Reads from TCP_INFO what became of the data in the SYN.</summary>
internal static class FastOpenVerdict
{
    // tcpi_fastopen_client_fail came with Linux 5.5; older kernels leave the bits 0.
    private static readonly bool KernelNamesFailures =
        OperatingSystem.IsLinux() && Environment.OSVersion.Version >= new Version(5, 5);

    /// <summary>A handshake is done although the connect should have been deferred: why?</summary>
    public static FastOpenAttempt OfPlainHandshake(in TcpInfo info) =>
        OfPlainHandshake(info, KernelNamesFailures);

    public static FastOpenOutcome Of(FastOpenAttempt attempt, in TcpInfo info) =>
        Of(attempt, info, KernelNamesFailures);

    internal static FastOpenAttempt OfPlainHandshake(in TcpInfo info, bool kernelNamesFailures) =>
        info.ClientFailure == FastOpenClientFailure.CookieUnavailable || !kernelNamesFailures
            ? FastOpenAttempt.CookieRequested
            : FastOpenAttempt.HeldBack;

    internal static FastOpenOutcome Of(FastOpenAttempt attempt, in TcpInfo info, bool kernelNamesFailures) =>
        attempt switch
        {
            FastOpenAttempt.Off => FastOpenOutcome.Off,
            FastOpenAttempt.Unsupported => FastOpenOutcome.Unsupported,
            FastOpenAttempt.CookieRequested => FastOpenOutcome.CookieRequested,
            FastOpenAttempt.HeldBack => FastOpenOutcome.Fallback,
            _ when (info.Options & TcpInfoOptions.SynData) != TcpInfoOptions.None =>
                attempt == FastOpenAttempt.InSynWithoutCookie ? FastOpenOutcome.Cookieless : FastOpenOutcome.Cookie,
            _ => OfDataNotTaken(info, kernelNamesFailures),
        };

    private static FastOpenOutcome OfDataNotTaken(in TcpInfo info, bool kernelNamesFailures)
    {
        // In state Closed the SYN was answered if anything was acknowledged, itself included.
        bool answered = info.State != TcpState.SynSent
            && (info.State != TcpState.Closed || info.BytesAcknowledged > 0);
        if (!answered) return FastOpenOutcome.Pending;

        return info.ClientFailure switch
        {
            FastOpenClientFailure.DataNotAcknowledged => FastOpenOutcome.Ignored,
            FastOpenClientFailure.SynRetransmitted => FastOpenOutcome.Fallback,
            FastOpenClientFailure.CookieUnavailable => FastOpenOutcome.CookieRequested,
            // Without a cause: the SYN with data was never on the wire.
            _ when kernelNamesFailures => FastOpenOutcome.Fallback,
            // Sending ignored data again counts as one retransmission; a SYN sent again comes on top of it.
            _ => info.TotalRetransmits > 1 ? FastOpenOutcome.Fallback : FastOpenOutcome.Ignored,
        };
    }
}
