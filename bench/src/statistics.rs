//! Order statistics of a few samples.

/// Samples of one quantity.
#[derive(Clone, Debug, Default)]
pub(crate) struct Samples(Vec<f64>);

impl Samples {
    /// Adds one; what is no number is left out.
    pub(crate) fn push(&mut self, sample: f64) {
        if sample.is_finite() {
            let at = self.0.partition_point(|known| *known <= sample);
            self.0.insert(at, sample);
        }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// The smallest: neighbours on a shared machine only ever add.
    pub(crate) fn minimum(&self) -> f64 {
        self.quantile(0.0)
    }

    /// A quarter of the samples is below.
    pub(crate) fn lower_quartile(&self) -> f64 {
        self.quantile(0.25)
    }

    /// Half of the samples is below.
    pub(crate) fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// The largest.
    pub(crate) fn maximum(&self) -> f64 {
        self.quantile(1.0)
    }

    /// Between two samples by their distance (Hyndman and Fan, type 7); 0 of none.
    fn quantile(&self, part: f64) -> f64 {
        let Some(last) = self.0.len().checked_sub(1) else {
            return 0.0;
        };
        let position = part * last as f64;
        let below = position.floor();
        let low = self.0[below as usize];
        let high = self.0[last.min(below as usize + 1)];
        low + (high - low) * (position - below)
    }
}

#[cfg(test)]
mod tests {
    use super::Samples;

    fn of(samples: &[f64]) -> Samples {
        let mut known = Samples::default();
        for sample in samples {
            known.push(*sample);
        }
        known
    }

    #[test]
    fn the_order_of_samples_does_not_matter() {
        let samples = of(&[5.0, 1.0, 4.0, 2.0, 3.0]);
        assert_eq!(samples.count(), 5);
        assert_eq!(samples.minimum(), 1.0);
        assert_eq!(samples.lower_quartile(), 2.0);
        assert_eq!(samples.median(), 3.0);
    }

    #[test]
    fn between_two_samples_is_their_weighted_mean() {
        let samples = of(&[1.0, 2.0]);
        assert_eq!(samples.lower_quartile(), 1.25);
        assert_eq!(samples.median(), 1.5);
    }

    #[test]
    fn of_one_sample_all_are_that_one() {
        let samples = of(&[7.5]);
        assert_eq!(
            [
                samples.minimum(),
                samples.lower_quartile(),
                samples.median()
            ],
            [7.5; 3]
        );
    }

    #[test]
    fn of_no_sample_all_are_zero_and_what_is_no_number_is_none() {
        let samples = of(&[f64::NAN, f64::INFINITY]);
        assert_eq!(samples.count(), 0);
        assert_eq!(samples.minimum(), 0.0);
        assert_eq!(samples.median(), 0.0);
    }
}
