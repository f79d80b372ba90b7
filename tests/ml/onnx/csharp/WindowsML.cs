// What app kits use of Windows.AI.MachineLearning, declared as it is published: enough to check types, not to run.

using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using Windows.Foundation;
using Windows.Storage.Streams;

namespace Windows.Foundation
{
    public interface IAsyncOperation<TResult>
    {
    }
}

namespace System
{
    public static class WindowsRuntimeSystemExtensions
    {
        public static TaskAwaiter<TResult> GetAwaiter<TResult>(this IAsyncOperation<TResult> source) { throw null; }
    }
}

namespace Windows.Storage.Streams
{
    public interface IRandomAccessStreamReference
    {
    }
}

#if MICROSOFT_AI_MACHINELEARNING
namespace Microsoft.AI.MachineLearning
#else
namespace Windows.AI.MachineLearning
#endif
{
    public enum LearningModelDeviceKind
    {
        Default, Cpu, DirectX, DirectXHighPerformance, DirectXMinPower
    }

    public sealed class LearningModelDevice
    {
        public LearningModelDevice(LearningModelDeviceKind deviceKind) { throw null; }
    }

    public sealed class LearningModel : IDisposable
    {
        internal LearningModel() { }

        public static IAsyncOperation<LearningModel> LoadFromStreamAsync(
            IRandomAccessStreamReference modelStream) { throw null; }

        public void Dispose() { throw null; }
    }

    public sealed class LearningModelSession : IDisposable
    {
        public LearningModelSession(LearningModel model) { throw null; }
        public LearningModelSession(LearningModel model, LearningModelDevice deviceToRunOn) { throw null; }

        public IAsyncOperation<LearningModelEvaluationResult> EvaluateAsync(
            LearningModelBinding bindings, string correlationId) { throw null; }

        public void Dispose() { throw null; }
    }

    public sealed class LearningModelBinding
    {
        public LearningModelBinding(LearningModelSession session) { throw null; }
        public void Bind(string name, object value) { throw null; }
    }

    public sealed class LearningModelEvaluationResult
    {
        internal LearningModelEvaluationResult() { }

        public IReadOnlyDictionary<string, object> Outputs { get { throw null; } }
    }

    public sealed class TensorFloat
    {
        internal TensorFloat() { }

        public static TensorFloat Create(IEnumerable<long> shape) { throw null; }
        public static TensorFloat CreateFromArray(IEnumerable<long> shape, float[] data) { throw null; }
    }

    public sealed class TensorDouble
    {
        internal TensorDouble() { }

        public static TensorDouble Create(IEnumerable<long> shape) { throw null; }
        public static TensorDouble CreateFromArray(IEnumerable<long> shape, double[] data) { throw null; }
    }

    public sealed class TensorInt8Bit
    {
        internal TensorInt8Bit() { }

        public static TensorInt8Bit Create(IEnumerable<long> shape) { throw null; }
        public static TensorInt8Bit CreateFromArray(IEnumerable<long> shape, byte[] data) { throw null; }
    }

    public sealed class TensorInt16Bit
    {
        internal TensorInt16Bit() { }

        public static TensorInt16Bit Create(IEnumerable<long> shape) { throw null; }
        public static TensorInt16Bit CreateFromArray(IEnumerable<long> shape, short[] data) { throw null; }
    }

    public sealed class TensorInt32Bit
    {
        internal TensorInt32Bit() { }

        public static TensorInt32Bit Create(IEnumerable<long> shape) { throw null; }
        public static TensorInt32Bit CreateFromArray(IEnumerable<long> shape, int[] data) { throw null; }
    }

    public sealed class TensorInt64Bit
    {
        internal TensorInt64Bit() { }

        public static TensorInt64Bit Create(IEnumerable<long> shape) { throw null; }
        public static TensorInt64Bit CreateFromArray(IEnumerable<long> shape, long[] data) { throw null; }
    }

    public sealed class TensorUInt8Bit
    {
        internal TensorUInt8Bit() { }

        public static TensorUInt8Bit Create(IEnumerable<long> shape) { throw null; }
        public static TensorUInt8Bit CreateFromArray(IEnumerable<long> shape, byte[] data) { throw null; }
    }

    public sealed class TensorUInt16Bit
    {
        internal TensorUInt16Bit() { }

        public static TensorUInt16Bit Create(IEnumerable<long> shape) { throw null; }
        public static TensorUInt16Bit CreateFromArray(IEnumerable<long> shape, ushort[] data) { throw null; }
    }

    public sealed class TensorUInt32Bit
    {
        internal TensorUInt32Bit() { }

        public static TensorUInt32Bit Create(IEnumerable<long> shape) { throw null; }
        public static TensorUInt32Bit CreateFromArray(IEnumerable<long> shape, uint[] data) { throw null; }
    }

    public sealed class TensorUInt64Bit
    {
        internal TensorUInt64Bit() { }

        public static TensorUInt64Bit Create(IEnumerable<long> shape) { throw null; }
        public static TensorUInt64Bit CreateFromArray(IEnumerable<long> shape, ulong[] data) { throw null; }
    }

    public sealed class TensorBoolean
    {
        internal TensorBoolean() { }

        public static TensorBoolean Create(IEnumerable<long> shape) { throw null; }
        public static TensorBoolean CreateFromArray(IEnumerable<long> shape, bool[] data) { throw null; }
    }

    public sealed class TensorString
    {
        internal TensorString() { }

        public static TensorString Create(IEnumerable<long> shape) { throw null; }
        public static TensorString CreateFromArray(IEnumerable<long> shape, string[] data) { throw null; }
    }
}
