namespace SynHello.Wire.Tests;

/// <summary>Asserts why something was refused.</summary>
internal static class Refusal
{
    public static void Expect(TlsErrorCause cause, Action action)
    {
        TlsProtocolException exception = Assert.Throws<TlsProtocolException>(action);
        Assert.Equal(cause, exception.Cause);
    }

    /// <summary>The cause of the refusal; null when there was none.</summary>
    public static TlsErrorCause? Of(Action action)
    {
        try
        {
            action();
            return null;
        }
        catch (TlsProtocolException exception)
        {
            return exception.Cause;
        }
    }
}
