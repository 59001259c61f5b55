namespace SynHello.Tls;

/// <summary>Between a Need... event and its answer: no message is handled.</summary>
internal sealed class ExpectAnswer<TContext> : HandshakeState<TContext>
    where TContext : ConnectionContext
{
    public static readonly ExpectAnswer<TContext> Instance = new();

    public override HandshakeState<TContext> Handle(TContext context, in HandshakeMessage message) =>
        throw new InvalidOperationException("An answer is waited for.");
}
