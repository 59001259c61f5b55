using Microsoft.Extensions.Logging;

namespace SynHello;

/// <summary>What the handshakes of a listener have in common.</summary>
/// <param name="HandshakeTimeout">The longest time from accept to the end of the handshake.</param>
/// <param name="ReplayRegister">Says whether early data came before; null where none is taken.</param>
/// <param name="Answers">Who answers what the engines ask.</param>
/// <param name="IsAddressValidated">Whether answers are held back from addresses that are not proven.</param>
/// <param name="Metrics">What is counted.</param>
/// <param name="Logger">Where failures are logged.</param>
internal sealed record ServerHandshakeSettings(
    TimeSpan HandshakeTimeout,
    ReplayRegister? ReplayRegister,
    HandshakeAnswers Answers,
    bool IsAddressValidated,
    HandshakeMetrics Metrics,
    ILogger Logger)
{
    public string TimeoutMessage => $"The handshake took longer than {HandshakeTimeout.TotalSeconds:0.###} s.";
}
