using Spectre.Console;

namespace SynHello.Cli.Race;

/// <summary>
/// Shows on the terminal how far the race has come; on standard error, and only if that is a terminal.
/// </summary>
internal static class RaceProgress
{
    public static async Task<RaceResult> ShowAsync(Func<IProgress<RaceStage>, Task<RaceResult>> race)
    {
        if (Console.IsErrorRedirected)
            return await race(new Display(static _ => { }));

        IAnsiConsole console = AnsiConsole.Create(
            new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return await console.Progress()
            .AutoClear(true)
            .AutoRefresh(false) // drawn between runs only: drawing during one would be measured
            .HideCompleted(false)
            .Columns(
                new ProgressBarColumn(),
                new PercentageColumn(),
                new TaskDescriptionColumn { Alignment = Justify.Left })
            .StartAsync(async context =>
            {
                ProgressTask task = context.AddTask("warming up");
                return await race(new Display(stage =>
                {
                    task.Description = Markup.Escape(stage.What);
                    task.MaxValue = stage.Total;
                    task.Value = stage.Done;
                    context.Refresh();
                }));
            });
    }

    // Progress<T> would report on another thread, at another time.
    private sealed class Display(Action<RaceStage> show) : IProgress<RaceStage>
    {
        public void Report(RaceStage value) => show(value);
    }
}
