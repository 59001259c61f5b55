namespace SynHello.Tests;

/// <summary>Turns a hang into a failure. Generous: nothing that passes depends on it.</summary>
internal static class Hang
{
    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(60);

    public static Task Guarded(this Task task) => task.WaitAsync(Guard);

    public static Task<T> Guarded<T>(this Task<T> task) => task.WaitAsync(Guard);

    public static Task Guarded(this ValueTask task) => task.AsTask().WaitAsync(Guard);

    public static Task<T> Guarded<T>(this ValueTask<T> task) => task.AsTask().WaitAsync(Guard);
}
