using System;
using System.IO;
using System.Linq;
using System.Text;
using Digits;

Console.OutputEncoding = Encoding.UTF8;

// The class was written at build time, from digits.onnx. It holds its weights and its memory: make it once, use it again and again.
var classifier = new DigitClassifier();
int correct = 0;
string[] files = [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "test"), "*.png").Order(StringComparer.Ordinal)];
foreach (string file in files)
{
    GreyPng image = GreyPng.Read(file);
    Prediction prediction = classifier.Predict(image.Pixels);

    // The files are named NN_L.png, where L is the digit that they show.
    string label = Path.GetFileNameWithoutExtension(file)[^1..];
    correct += prediction.Label == label ? 1 : 0;
    Screen.Show(image, label, classifier.TopK(3));
}

Console.WriteLine($"{correct} of {files.Length} correct");
