using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>Between a ClientHello with early data and the answer to whether it came before: no message is handled.</summary>
internal sealed class ExpectEarlyDataVerdict : HandshakeState<ServerContext>
{
    public static readonly ExpectEarlyDataVerdict Instance = new();

    public override HandshakeState<ServerContext> Handle(ServerContext context, in HandshakeMessage message) =>
        throw new InvalidOperationException("A verdict is waited for.");

    /// <summary>Goes on with the ClientHello that waits.</summary>
    public static HandshakeState<ServerContext> Continue(ServerContext context, bool accepts)
    {
        byte[] encoded = context.PendingClientHello ?? throw new InvalidOperationException("No ClientHello waits.");
        ClientHello hello = ClientHello.Parse(new HandshakeMessage(encoded).Body);
        context.PendingClientHello = null;
        context.EarlyDataAttempt = null;
        context.IsQuestionOpen = false;
        context.IsEarlyDataAccepted = accepts;
        ResumedSession session = context.Session ?? throw new InvalidOperationException("There is no session.");
        ClientHelloChoice.TryShare(context.Configuration, hello, out NamedGroup group, out ReadOnlySpan<byte> keyExchange);
        context.EarlyDataSkip = accepts ? EarlyDataSkip.No : EarlyDataSkip.UntilRecordOpens;
        return ServerFlight.Send(context, encoded, hello, session.CipherSuite, group, keyExchange);
    }
}
