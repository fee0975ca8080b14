// Numbers of steps and functions: read by the compiler of graphs and, as AssemblyScript, by the kernels. Plain integer constants only.

/** Bytes of one step of a program: sixteen 32-bit words, the first one is the operation. */
export const stepBytes = 64;

export const opUnary = 1;
export const opBinary = 2;
export const opWhere = 3;
export const opMulMulAdd = 4;
export const opThreshold = 5;
export const opList = 6;
export const opLayerSkipping = 7;
export const opLayerDense = 8;
export const opLayerNorm = 9;
export const opSoftmax = 10;
export const opReduce = 11;
export const opCopy = 12;
export const opPick = 13;
export const opProduct = 14;

export const fnNeg = 0;
export const fnAbs = 1;
export const fnSqrt = 2;
export const fnExp = 3;
export const fnSigmoid = 4;
export const fnTanh = 5;
export const fnRelu = 6;
export const fnErf = 7;
export const fnReciprocal = 8;
export const fnFloor = 9;
export const fnCeil = 10;
export const fnNot = 11;
export const fnTruncate = 12;
export const fnNonZero = 13;
export const fnLog = 14;

export const fnAdd = 0;
export const fnSub = 1;
export const fnMul = 2;
export const fnDiv = 3;
export const fnMax = 4;
export const fnMin = 5;
export const fnGreater = 6;
export const fnGreaterOrEqual = 7;
export const fnEqual = 8;
export const fnAnd = 9;
export const fnOr = 10;
export const fnPow = 11;

export const fnSum = 0;
export const fnMean = 1;
export const fnLargest = 2;
export const fnSmallest = 3;
