namespace SynHello.AspNetCore;

/// <summary>The connection that is written to.</summary>
internal interface IWriterOwner
{
    /// <summary>The peer does not get what was written.</summary>
    void OnWriteFailed(Exception exception);

    /// <summary>The application has given up a response in its middle.</summary>
    void GiveUp(Exception reason);
}
