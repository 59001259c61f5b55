namespace SynHello.AspNetCore;

/// <summary>The connection that is read from and written to.</summary>
internal interface ISecurePipeOwner
{
    /// <summary>What Kestrel is to be told of the end of a read or a write.</summary>
    /// <returns>Null where the end is no failure.</returns>
    Exception? Explain(Exception exception);

    /// <summary>Nothing more can be read or written, and not because the peer has said so.</summary>
    void OnBroken();

    /// <summary>The application has given up a response in its middle.</summary>
    void GiveUp(Exception reason);
}
