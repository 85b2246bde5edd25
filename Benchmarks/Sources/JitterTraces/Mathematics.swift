import Glibc

func logarithm(_ value: Double) -> Double { log(value) }
func cosine(_ value: Double) -> Double { cos(value) }
func sine(_ value: Double) -> Double { sin(value) }
func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }
