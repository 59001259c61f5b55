namespace SynHello.AspNetCore;

/// <summary>The connection that is read from.</summary>
internal interface IReaderOwner
{
    /// <summary>What Kestrel is to be told of the end of a read.</summary>
    /// <returns>Null where the end is no failure.</returns>
    Exception? Explain(Exception exception);

    /// <summary>Nothing more can be read, and not because the peer has said so.</summary>
    void OnBroken();
}
