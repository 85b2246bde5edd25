#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// The impulse response of a low pass with a linear phase that differs the least from what is wanted, in the sense of
/// squares over bands of frequencies, each with a weight; between the bands it may do what it likes.
///
/// Against a window of the same length it saves a quarter of the work, for a pass band need not be as exact as a stop band
/// is deep. The squares are integrals that are known in closed form, so the design is one system of linear equations.
struct LowPassDesign {
    /// A band, in parts of the rate of the response, from 0 to 1/2.
    struct Band {
        var range: ClosedRange<Double>
        /// What a difference in it costs.
        var weight: Double
        /// What is wanted in it: to pass, or to stop.
        var passes: Bool
    }

    /// The samples from the middle one on; those before it are the same backwards.
    let half: [Double]

    /// Designs a response of `2 * reach + 1` samples.
    init(reach: Int, bands: [Band]) {
        let count = reach + 1
        var matrix = [Double](repeating: 0, count: count * count)
        var wanted = [Double](repeating: 0, count: count)
        for band in bands {
            let (low, high) = (2 * Double.pi * band.range.lowerBound, 2 * Double.pi * band.range.upperBound)
            // The integrals of the cosines of all multiples of the frequency.
            let integrals = (0..<(2 * count)).map { multiple -> Double in
                guard multiple > 0 else { return high - low }
                return (sin(Double(multiple) * high) - sin(Double(multiple) * low)) / Double(multiple)
            }
            for row in 0..<count {
                for column in 0...row {
                    let product = (integrals[row - column] + integrals[row + column]) / 2
                    matrix[row * count + column] += band.weight * product
                }
                if band.passes { wanted[row] += band.weight * integrals[row] }
            }
        }
        let cosines = Self.solve(&matrix, wanted)
        self.half = cosines.enumerated().map { $0.offset == 0 ? $0.element : $0.element / 2 }
    }

    /// Solves a system of equations with a symmetric, positive matrix, of which the lower half is given, by A. L. Cholesky's
    /// way; the matrix is used up.
    private static func solve(_ matrix: inout [Double], _ right: [Double]) -> [Double] {
        let count = right.count
        for column in 0..<count {
            for row in column..<count {
                var sum = matrix[row * count + column]
                for index in 0..<column { sum -= matrix[row * count + index] * matrix[column * count + index] }
                if row == column {
                    matrix[row * count + column] = max(sum, .leastNormalMagnitude).squareRoot()
                } else {
                    matrix[row * count + column] = sum / matrix[column * count + column]
                }
            }
        }
        var solution = right
        for row in 0..<count {
            for column in 0..<row { solution[row] -= matrix[row * count + column] * solution[column] }
            solution[row] /= matrix[row * count + row]
        }
        for row in (0..<count).reversed() {
            for below in (row + 1)..<count { solution[row] -= matrix[below * count + row] * solution[below] }
            solution[row] /= matrix[row * count + row]
        }
        return solution
    }
}
