using System;
using System.IO;
using System.Text;
using Labeling;

Console.OutputEncoding = Encoding.UTF8;
if (args.Length == 0)
{
    Console.Error.WriteLine($"Usage: ImageLabeler PICTURE...   names what is in pictures (.jpg, .png, .bmp): one of {Labeler.Labels.Length} things that {Model.Name} knows.");
    return 2;
}

// The class was written at build time, from a frozen TensorFlow graph. It holds its weights and its memory: make it once, use it again and again.
var labeler = new Labeler();
int failed = 0;
foreach (string path in args)
{
    try
    {
        Picture picture = Picture.Read(path).Resize(Model.Extent);
        labeler.Predict(picture.Pixels);
        Screen.Show(path, labeler.TopK(Math.Min(5, Labeler.Labels.Length)));
    }
    catch (Exception exception) when (exception is IOException or InvalidDataException or UnauthorizedAccessException)
    {
        Console.Error.WriteLine($"{path}: {exception.Message}");
        failed++;
    }
}

return failed == 0 ? 0 : 1;
